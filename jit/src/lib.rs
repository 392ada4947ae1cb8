//! Native code for the functions of a program.

//! The rounding modes of the language.

/// How a value that lies between two representable ones is rounded. The numbers are part of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Mode {
    /// To the nearest; a half away from zero. The default.
    HalfUp = 0,
    /// To the nearest; a half to the even neighbour.
    HalfEven = 1,
    /// To the nearest; a half towards zero.
    HalfDown = 2,
    /// Away from zero.
    Up = 3,
    /// Towards zero.
    Down = 4,
    /// Towards plus infinity.
    Ceiling = 5,
    /// Towards minus infinity.
    Floor = 6,
}

impl Mode {
    pub const ALL: [Mode; 7] =
        [Mode::HalfUp, Mode::HalfEven, Mode::HalfDown, Mode::Up, Mode::Down, Mode::Ceiling, Mode::Floor];

    /// The mode of that number, if there is one.
    pub fn from_number(number: i64) -> Option<Mode> {
        usize::try_from(number).ok().and_then(|n| Mode::ALL.get(n).copied())
    }

    /// As it is written in the language and in files.
    pub fn name(self) -> &'static str {
        match self {
            Mode::HalfUp => "half_up",
            Mode::HalfEven => "half_even",
            Mode::HalfDown => "half_down",
            Mode::Up => "up",
            Mode::Down => "down",
            Mode::Ceiling => "ceiling",
            Mode::Floor => "floor",
        }
    }

    pub fn from_name(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

//! Functions made at random, with branches and loops, do the same in every form.

use bp_bytecode::Program;
use bp_bytecode::index::*;
use bp_bytecode::op::{Cmp, Def, Label, Op, Scales, Use, UseWindow};
use bp_bytecode::program::{Chain, Check, Function, Place, Source};
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::RegType;
use bp_bytecode::verify::verify;
use bp_tests::agree::{Asked, Random, Subject, calls, compare};

const HOWS: [Cmp; 6] = [Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge];

/// The first registers are words, the others wide; the parameters are the first three words.
const WORDS: u16 = 9;
const ALL: u16 = 15;
const PARAMS: u16 = 3;

/// A function while it is made up.
struct Maker<'r> {
    random: &'r mut Random,
    code: Vec<Op>,
    constants: u32,
    chains: u16,
    switches: Vec<Vec<Label>>,
    /// How many functions there are that it may call.
    functions: u16,
}

impl Maker<'_> {
    fn word(&mut self) -> u16 {
        self.random.below(usize::from(WORDS)) as u16
    }

    fn wide(&mut self) -> u16 {
        WORDS + self.random.below(usize::from(ALL - WORDS)) as u16
    }

    fn any(&mut self) -> u16 {
        self.random.below(usize::from(ALL)) as u16
    }

    fn how(&mut self) -> Cmp {
        HOWS[self.random.below(HOWS.len())]
    }

    fn constant(&mut self) -> ConstId {
        ConstId(self.random.below(self.constants as usize) as u32)
    }

    fn op(&mut self) -> Op {
        let (a, b, wide) = (Use(self.any()), Use(self.any()), Def(self.wide()));
        let (x, y, word) = (Use(self.word()), Use(self.word()), Def(self.word()));
        // Literals that fit a word and are a divisor stand in the middle of the table.
        let (value, mode) = (self.constant(), self.random.below(7) as u8);
        let by = ConstId(3 + self.random.below(7) as u32);
        let power = self.random.below(4) as u8;
        match self.random.below(31) {
            0 => Op::Move { dst: word, a: x },
            1 => Op::Move { dst: wide, a },
            2 => Op::Int { dst: word, value: self.random.below(30) as i32 - 10 },
            3 => Op::Const { dst: wide, value },
            4 => Op::Add { dst: wide, a, b },
            5 => Op::Sub { dst: wide, a, b },
            6 => Op::Mul { dst: wide, a, b },
            7 => Op::Neg { dst: wide, a },
            8 => Op::Abs { dst: wide, a },
            9 => Op::Min { dst: word, a: x, b: y },
            10 => Op::Max { dst: wide, a, b },
            11 => Op::Sign { dst: word, a },
            12 => Op::ScaleUp { dst: wide, a, power },
            13 => Op::DivFloor { dst: wide, a, b },
            14 => Op::ModFloor { dst: wide, a, b },
            15 | 16 => Op::Narrow { dst: word, a },
            17 => Op::Round { dst: word, a: x, power, mode },
            18 => Op::Round { dst: wide, a: Use(self.wide()), power, mode },
            19 => Op::RoundChain {
                dst: wide,
                // No chain here is longer than four; those with a mode by register are declined by the verifier or not.
                first: UseWindow(self.random.below(usize::from(ALL) - 4) as u16),
                chain: ChainId(self.random.below(usize::from(self.chains)) as u16),
            },
            20 => Op::IsMultiple { dst: word, a, power },
            21 | 22 => Op::Compare { dst: word, a, b, how: self.how() },
            23 => {
                let scales = Scales { up: power, down: self.random.below(3) as u8, how: self.how() };
                Op::CompareScaled { dst: word, a, b, scales }
            }
            24 => Op::Not { dst: word, a: x },
            25 => Op::Charge { amount: 1 + self.random.below(5) as u32 },
            26 => Op::AddWord { dst: word, a: x, b: y },
            27 => Op::MulConst { dst: word, a: x, value: by },
            28 => Op::RoundBy { dst: word, a: x, by, mode },
            29 if self.functions > 0 => Op::Call {
                dst: wide,
                func: FuncId(self.random.below(usize::from(self.functions)) as u32),
                first: UseWindow(self.random.below(usize::from(WORDS - PARAMS)) as u16),
            },
            _ => Op::MaxConst { dst: word, a: x, value: by },
        }
    }

    /// Blocks of a few instructions, each of which goes to another one, a later one as a rule.
    fn function(mut self, program: &mut Program) {
        let blocks = 2 + self.random.below(6);
        self.code.push(Op::Charge { amount: 3 });
        for register in PARAMS..ALL {
            match register < WORDS {
                true => self.code.push(Op::Int { dst: Def(register), value: self.random.below(2_000) as i32 - 100 }),
                false => {
                    let value = self.constant();
                    self.code.push(Op::Const { dst: Def(register), value });
                }
            }
        }
        let mut starts = Vec::new();
        for block in 0..blocks {
            starts.push(self.code.len() as u32);
            self.code.push(Op::Charge { amount: 1 });
            for _ in 0..self.random.below(7) {
                let op = self.op();
                self.code.push(op);
            }
            // Labels are numbers of blocks until all of them stand.
            let ahead = block + 1 + self.random.below(blocks - block);
            let to = Label(if self.random.below(6) == 0 { self.random.below(blocks) } else { ahead } as u32);
            let (condition, a, b, how) = (Use(self.word()), Use(self.any()), Use(self.any()), self.how());
            let value = self.constant();
            let jump = match self.random.below(7) {
                0 => Op::JumpIf { condition, to },
                1 => Op::JumpUnless { condition, to },
                2 => Op::JumpCompare { a, b, how, to },
                3 => Op::JumpCompareConst { a, value, how, to },
                4 => Op::Check { a: condition, check: CheckId(0) },
                5 => {
                    let table = (0..3).map(|_| Label((block + 1 + self.random.below(blocks - block)) as u32)).collect();
                    self.switches.push(table);
                    let table = SwitchId((program.switches.len() + self.switches.len() - 1) as u16);
                    Op::Switch { on: condition, table }
                }
                _ => Op::Jump { to },
            };
            self.code.push(jump);
        }
        starts.push(self.code.len() as u32);
        let a = Use(self.any());
        self.code.push(Op::Return { a });
        let place = |label: &mut Label| label.0 = starts[label.0 as usize];
        for op in &mut self.code {
            match op {
                Op::Jump { to }
                | Op::JumpIf { to, .. }
                | Op::JumpUnless { to, .. }
                | Op::JumpCompare { to, .. }
                | Op::JumpCompareConst { to, .. } => place(to),
                _ => {}
            }
        }
        self.switches.iter_mut().flatten().for_each(place);
        program.switches.append(&mut self.switches);
        program.functions.push(Function {
            name: TextId(0),
            place: PlaceId(0),
            params: PARAMS,
            registers: (0..ALL).map(|r| if r < WORDS { RegType::Word } else { RegType::Wide }).collect(),
            result: RegType::Wide,
            places: vec![PlaceId(0); self.code.len()],
            code: self.code,
        });
    }
}

fn program(random: &mut Random) -> Program {
    let mut program = Program {
        currency: ("XXX".into(), 2),
        texts: vec!["f".into()],
        constants: vec![0, 1, -1, 2, 7, 12, 100, 1_000, 5_000_000_000, i64::MAX.into(), i64::MIN.into(), 1 << 100],
        sources: vec![Source { path: "f.bp".into() }],
        places: vec![Place { source: SourceId(0), start: 0, end: 0, line: 1, column: 1 }],
        ..Program::default()
    };
    let check = Check { func: FuncId(0), text: TextId(0), subject: TextId(0), place: PlaceId(0) };
    program.checks.push(check);
    for _ in 0..6 {
        let mode = Mode::ALL[random.below(7)];
        program.chains.push(Chain {
            numerators: 1 + random.below(2) as u8,
            divisors: random.below(2) as u8,
            up: random.below(4) as u8,
            down: random.below(6) as u8,
            has_step: random.below(3) == 0,
            root: false,
            power: false,
            mode: (random.below(5) > 0).then_some(mode),
            result_scale: 2,
        });
    }
    for functions in 0..3 {
        let (constants, chains) = (program.constants.len() as u32, program.chains.len() as u16);
        let maker = Maker { random, code: Vec::new(), constants, chains, switches: Vec::new(), functions };
        maker.function(&mut program);
    }
    program
}

#[test]
fn functions_made_at_random() {
    let wanted = calls(150);
    let (mut asked, mut random) = (Asked::default(), Random(wanted as u64));
    let mut programs = 0;
    for number in 0..wanted {
        let program = program(&mut random);
        if verify(&program).is_ok() {
            programs += 1;
            let name = format!("program {number} of {wanted}");
            let subject = Subject { program, checked: None };
            compare(&name, &subject, 12, &mut random, &mut asked).unwrap_or_else(|difference| panic!("{difference}"));
        }
    }
    println!("{programs} of {wanted} programs were verified: {asked:?}");
    assert!(programs * 4 > wanted && asked.well > 1_000, "{programs} of {wanted}: {asked:?}");
}

use super::*;
use num_rational::Ratio;
use proptest::prelude::*;

type Exact = Ratio<BigInt>;

/// Rounding by its definition, over unbounded fractions.
fn by_definition(x: &Exact, mode: Mode) -> BigInt {
    let (floor, ceiling) = (x.floor().to_integer(), x.ceil().to_integer());
    let towards_zero = if x.is_negative() { &ceiling } else { &floor };
    let away = if x.is_negative() { &floor } else { &ceiling };
    let distance = (x - Exact::from(towards_zero.clone())).abs();
    let nearest = |on_half: &BigInt| match distance.cmp(&Exact::new(1.into(), 2.into())) {
        Ordering::Less => towards_zero.clone(),
        Ordering::Greater => away.clone(),
        Ordering::Equal => on_half.clone(),
    };
    match mode {
        Mode::HalfUp => nearest(away),
        Mode::HalfDown => nearest(towards_zero),
        Mode::HalfEven => nearest(if towards_zero.is_even() { towards_zero } else { away }),
        Mode::Up => away.clone(),
        Mode::Down => towards_zero.clone(),
        Mode::Ceiling => ceiling,
        Mode::Floor => floor,
    }
}

fn fitting(expected: BigInt) -> Result<i128, ExactFault> {
    expected.to_i128().ok_or(ExactFault::Overflow)
}

fn plain(numerators: u8, divisors: u8) -> Chain {
    Chain {
        numerators,
        divisors,
        up: 0,
        down: 0,
        has_step: false,
        root: false,
        power: false,
        mode: Some(Mode::HalfUp),
        result_scale: 0,
    }
}

#[test]
fn each_mode_rounds_tenths_as_its_table_says() {
    // -25 -15 -6 -5 -4 0 4 5 6 15 25, in tenths
    let inputs = [-25, -15, -6, -5, -4, 0, 4, 5, 6, 15, 25];
    for (mode, expected) in [
        (Mode::HalfUp, [-3, -2, -1, -1, 0, 0, 0, 1, 1, 2, 3]),
        (Mode::HalfEven, [-2, -2, -1, 0, 0, 0, 0, 0, 1, 2, 2]),
        (Mode::HalfDown, [-2, -1, -1, 0, 0, 0, 0, 0, 1, 1, 2]),
        (Mode::Up, [-3, -2, -1, -1, -1, 0, 1, 1, 1, 2, 3]),
        (Mode::Down, [-2, -1, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
        (Mode::Ceiling, [-2, -1, 0, 0, 0, 0, 1, 1, 1, 2, 3]),
        (Mode::Floor, [-3, -2, -1, -1, -1, 0, 0, 0, 0, 1, 2]),
    ] {
        for (input, expected) in inputs.into_iter().zip(expected) {
            assert_eq!(round_pow10(input, 1, mode), expected, "{input} tenths, {}", mode.name());
            assert_eq!(round_div(-input, -10, mode), Ok(expected));
        }
    }
}

#[test]
fn the_edges_of_64_and_128_bits_hold() {
    let min = i128::from(i64::MIN);
    assert_eq!(round_div(min, -1, Mode::HalfUp), Ok(-min));
    assert_eq!(round_div(i128::MIN, -1, Mode::HalfUp), Err(ExactFault::Overflow));
    assert_eq!(round_div(1, 0, Mode::HalfUp), Err(ExactFault::DivisionByZero));
    assert_eq!(round_div(i128::MIN, i128::MIN, Mode::Up), Ok(1));
    assert_eq!(round_div(1, i128::MIN, Mode::Floor), Ok(-1));
    assert_eq!(round_div(i128::MAX, 2, Mode::HalfUp), Ok(1 << 126));
    assert_eq!(mul(1 << 64, 1 << 63), None);
    assert_eq!(mul(min, min), Some(1 << 126));
    assert_eq!(round_pow10(i128::MAX, 39, Mode::HalfUp), 0);
    assert_eq!(round_pow10(i128::MIN, 255, Mode::Up), -1);
    assert_eq!(round_pow10(0, 255, Mode::Up), 0);
    assert_eq!(div_floor(i128::MIN, -1), Err(ExactFault::Overflow));
    assert_eq!(mod_floor(i128::MIN, -1), Ok(0));
    assert_eq!((div_floor(-7, 2), mod_floor(-7, 2)), (Ok(-4), Ok(1)));
    assert_eq!((div_floor(7, -2), mod_floor(7, -2)), (Ok(-4), Ok(-1)));
    assert!(is_multiple(-1500, 2) && !is_multiple(-1550, 2) && is_multiple(0, 99) && !is_multiple(1, 99));
}

#[test]
fn steps_divisors_and_modes_come_from_the_window() {
    let spec = Chain { has_step: true, mode: None, ..plain(1, 1) };
    assert_eq!(chain_width(&spec), 4);
    let down = Mode::Down as i128;
    assert_eq!(chain(&spec, &[123_456, 10, 1_000, down]), Ok(12_000));
    assert_eq!(chain(&spec, &[123_456, 10, 0, down]), Err(ExactFault::DivisionByZero));
    assert_eq!(chain(&spec, &[123_456, 0, 5, down]), Err(ExactFault::DivisionByZero));
    assert_eq!(chain(&spec, &[123_456, 10, 5, 7]), Err(ExactFault::NotAMode(7)));
    // Only the result has to fit.
    assert_eq!(chain(&plain(2, 1), &[i128::MAX, i128::MAX, i128::MAX]), Ok(i128::MAX));
    assert_eq!(chain(&plain(2, 1), &[i128::MAX, i128::MAX, 1]), Err(ExactFault::Overflow));
}

#[test]
fn roots_and_powers_are_rounded_once() {
    let root = |mode, up, n| chain(&Chain { root: true, mode: Some(mode), up, ..plain(1, 0) }, &[n]);
    assert_eq!(root(Mode::HalfUp, 4, 2), Ok(141));
    assert_eq!(root(Mode::Up, 4, 2), Ok(142));
    assert_eq!(root(Mode::Up, 0, 144), Ok(12));
    assert_eq!(root(Mode::HalfUp, 0, i128::MAX), Ok(13_043_817_825_332_782_212));
    assert_eq!(root(Mode::HalfUp, 0, -1), Err(ExactFault::NegativeRoot));
    // (5/4)^2 = 1.5625: a root of exactly one and a quarter.
    let halves = Chain { root: true, mode: Some(Mode::HalfEven), ..plain(1, 1) };
    assert_eq!(chain(&halves, &[25, 4]), Ok(2));
    assert_eq!(chain(&halves, &[49, 4]), Ok(4));
    let power = Chain { power: true, up: 2, ..plain(1, 1) };
    assert_eq!(chain(&power, &[105, 100, 12]), Ok(180));
    assert_eq!(chain(&power, &[105, 100, 0]), Ok(100));
    assert_eq!(chain(&power, &[0, 100, 0]), Ok(100));
    assert_eq!(chain(&power, &[105, 100, 1_001]), Err(ExactFault::BadExponent(1_001)));
    assert_eq!(chain(&power, &[105, 100, -1]), Err(ExactFault::BadExponent(-1)));
    assert_eq!(chain(&power, &[10, 1, 1_000]), Err(ExactFault::Overflow));
}

#[test]
fn fractions_are_shown_as_decimals_where_they_end() {
    let text = |n: i64, d: i64, scale| fraction_text(&n.into(), &d.into(), scale);
    assert_eq!(text(-12_345, 100, 0), "-123.45");
    assert_eq!(text(1, 8, 2), "0.00125");
    assert_eq!(text(10, 5, 0), "2");
    assert_eq!(text(1, 3, 0), "1/3");
    assert_eq!(text(-2, 6, 2), "-1/300");
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(&Mode::ALL[..])
}

/// Numbers of every size, with the edges of 64 and 128 bits among them.
fn any_number() -> impl Strategy<Value = i128> {
    prop_oneof![
        -1_000i128..1_000,
        any::<i64>().prop_map(i128::from),
        any::<i128>(),
        (-2i128..=2).prop_map(|n| i128::from(i64::MAX) + n),
        (0i128..=2).prop_map(|n| i128::MAX - n),
        (0i128..=2).prop_map(|n| i128::MIN + n),
    ]
}

proptest! {
    #[test]
    fn division_rounds_by_definition(n in any_number(), d in any_number(), mode in any_mode()) {
        let expected = match d {
            0 => Err(ExactFault::DivisionByZero),
            _ => fitting(by_definition(&Exact::new(n.into(), d.into()), mode)),
        };
        prop_assert_eq!(round_div(n, d, mode), expected);
    }

    #[test]
    fn scaling_down_rounds_by_definition(n in any_number(), power in 0u8..60, mode in any_mode()) {
        let exact = Exact::new(n.into(), big_pow10(power));
        prop_assert_eq!(Ok(round_pow10(n, power, mode)), fitting(by_definition(&exact, mode)));
        prop_assert_eq!(is_multiple(n, power), exact.is_integer());
    }

    #[test]
    fn chains_round_by_definition(
        n in prop::collection::vec(any_number(), 0..5), d in prop::collection::vec(any_number(), 0..4),
        up in 0u8..45, down in 0u8..45, step in any_number(), has_step: bool, mode in any_mode(), fixed: bool,
    ) {
        let spec = Chain {
            numerators: n.len() as u8, divisors: d.len() as u8, up, down, has_step, root: false, power: false,
            mode: fixed.then_some(mode), result_scale: 0,
        };
        let mut window = [n.clone(), d.clone()].concat();
        window.extend(has_step.then_some(step));
        window.extend((!fixed).then_some(mode as i128));
        let step = if has_step { step } else { 1 };
        let expected = if step == 0 || d.contains(&0) {
            Err(ExactFault::DivisionByZero)
        } else {
            let product = |list: &[i128]| list.iter().fold(BigInt::one(), |p, f| p * f);
            let exact = Exact::new(product(&n) * big_pow10(up), product(&d) * big_pow10(down) * step);
            fitting(by_definition(&exact, mode) * step)
        };
        prop_assert_eq!(chain(&spec, &window), expected);
    }

    #[test]
    fn roots_are_between_their_squares(n in 0..i128::MAX, d in 1..i128::MAX, mode in any_mode()) {
        let spec = Chain { root: true, mode: Some(mode), up: 20, ..plain(1, 1) };
        let root = BigInt::from(chain(&spec, &[n, d]).unwrap());
        let exact = Exact::new(BigInt::from(n) * big_pow10(20), d.into());
        let below: BigInt = &root - 1;
        let above: BigInt = &root + 1;
        prop_assert!(below.is_negative() || Exact::from(&below * &below) < exact);
        prop_assert!(Exact::from(&above * &above) > exact);
        let square = Exact::from(&root * &root);
        match mode {
            Mode::Up | Mode::Ceiling => prop_assert!(square >= exact),
            Mode::Down | Mode::Floor => prop_assert!(square <= exact),
            _ => {
                let (low, high) = (Exact::new(&root * 2 - 1, 2.into()), Exact::new(&root * 2 + 1, 2.into()));
                prop_assert!(low.is_negative() || &low * &low <= exact);
                prop_assert!(&high * &high >= exact);
            }
        }
    }

    #[test]
    fn scaled_numbers_compare_exactly(a in any_number(), up in 0u8..45, b in any_number(), down in 0u8..45) {
        let expected = (BigInt::from(a) * big_pow10(up)).cmp(&(BigInt::from(b) * big_pow10(down)));
        prop_assert_eq!(compare_scaled(a, up, b, down), expected);
    }

    #[test]
    fn floor_division_holds_its_law(a in any_number(), b in any_number()) {
        if b != 0 {
            let (n, d) = (BigInt::from(a), BigInt::from(b));
            prop_assert_eq!(div_floor(a, b), fitting(Integer::div_floor(&n, &d)));
            prop_assert_eq!(mod_floor(a, b), fitting(Integer::mod_floor(&n, &d)));
        }
    }
}

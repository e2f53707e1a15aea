//! What tokens cost: pure arithmetic on prices that storage keeps in `model_pricing`. An unknown price
//! makes an unknown cost; nothing here guesses.

use shared::turn::Usage;

/// Prices in nano-dollars a token: $3 per million tokens is 3000. `None` is unknown, not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// A token read without a cache.
    pub input: Option<u64>,
    /// A token written.
    pub output: Option<u64>,
    /// A token read from the provider's cache.
    pub cache_read: Option<u64>,
    /// A token written to the provider's cache.
    pub cache_write: Option<u64>,
}

/// Money, in nano-dollars, so that sums of many small calls stay exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct NanoUsd(pub u64);

impl NanoUsd {
    /// In dollars, for showing.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to nine million dollars, and only shown"
    )]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl std::ops::AddAssign for NanoUsd {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

/// What `usage` costs at `price`; `None` when it used anything whose price is unknown.
pub fn cost(usage: &Usage, price: &Price) -> Option<NanoUsd> {
    [
        (usage.input_tokens, price.input),
        (usage.output_tokens, price.output),
        (usage.cache_read_tokens, price.cache_read),
        (usage.cache_write_tokens, price.cache_write),
    ]
    .into_iter()
    .filter(|(tokens, _)| *tokens > 0)
    .try_fold(0_u64, |sum, (tokens, price)| {
        sum.checked_add(tokens.checked_mul(price?)?)
    })
    .map(NanoUsd)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price {
        input: Some(3_000),
        output: Some(15_000),
        cache_read: Some(300),
        cache_write: None,
    };

    fn usage(input: u64, output: u64, read: u64, write: u64) -> Usage {
        Usage {
            input_tokens: input,
            output_tokens: output,
            cache_read_tokens: read,
            cache_write_tokens: write,
            model_calls: 1,
        }
    }

    #[test]
    fn adds_up() {
        let cost = cost(&usage(1_000_000, 100_000, 10, 0), &PRICE).unwrap();
        assert_eq!(cost, NanoUsd(3_000_000_000 + 1_500_000_000 + 3_000));
        assert!((cost.dollars() - 4.500_003).abs() < 1e-9);
    }

    #[test]
    fn an_unknown_price_matters_only_when_it_was_used() {
        assert_eq!(cost(&usage(1, 0, 0, 1), &PRICE), None);
        assert_eq!(cost(&usage(0, 0, 0, 0), &Price::default()), Some(NanoUsd(0)));
        assert_eq!(cost(&usage(u64::MAX, 0, 0, 0), &PRICE), None, "no overflow");
    }
}

-- What tokens cost, in nano-dollars each ($3 per million tokens is 3000). NULL is unknown, not free.
-- Rows only for models with one published price whatever the size of the request; a model with several price
-- tiers has no row, so its cost is shown as unknown and not as a guess. Cache writes are the five-minute kind.
CREATE TABLE model_pricing (
    provider            TEXT NOT NULL,
    model               TEXT NOT NULL,
    input_nanousd       INTEGER CHECK (input_nanousd >= 0),
    output_nanousd      INTEGER CHECK (output_nanousd >= 0),
    cache_read_nanousd  INTEGER CHECK (cache_read_nanousd >= 0),
    cache_write_nanousd INTEGER CHECK (cache_write_nanousd >= 0),
    source              TEXT NOT NULL,
    checked_on          TEXT NOT NULL,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

INSERT INTO model_pricing
    (provider, model, input_nanousd, output_nanousd, cache_read_nanousd, cache_write_nanousd, source, checked_on)
VALUES
    ('demo', 'scripted', 0, 0, 0, 0, 'built in', '2026-11-20'),
    ('anthropic', 'claude-opus-5-5', 4000, 20000, 200, 5000, 'https://platform.claude.com/docs/en/about-claude/pricing', '2026-11-20'),
    ('anthropic', 'claude-opus-5', 5000, 25000, 500, 6250, 'https://platform.claude.com/docs/en/about-claude/pricing', '2026-11-20'),
    ('anthropic', 'claude-opus-4-5', 5000, 25000, 500, 6250, 'https://platform.claude.com/docs/en/about-claude/pricing', '2026-11-20'),
    ('anthropic', 'claude-sonnet-5-5', 2000, 10000, 200, 2500, 'https://platform.claude.com/docs/en/about-claude/pricing', '2026-11-20'),
    ('anthropic', 'claude-haiku-4-5', 1000, 5000, 100, 1250, 'https://platform.claude.com/docs/en/about-claude/pricing', '2026-11-20'),
    ('google', 'gemini-3.6-flash', 1500, 7500, NULL, NULL, 'https://ai.google.dev/gemini-api/docs/latest-model', '2026-11-20'),
    ('google', 'gemini-3.5-flash-lite', 300, 2500, NULL, NULL, 'https://ai.google.dev/gemini-api/docs/latest-model', '2026-11-20');

# The experiments of docs/reports/reasoner.md, of one seed. The program beside
# this file puts 2 and 3 in its place and judges what is made:
#
#   go run ./examples/reasoner/claims -state DIR

# Its seed was drawn when the settings had been chosen: by these problems none was.
examples "lessons" {
  generate = "lessons"
  families = ["add", "word", "countdown", "system", "calendar", "unit"]
  count    = 36000
  heldout  = 1800
  seed     = 7
}

# Few of them with their thoughts: of the others only the results are known.
examples "few" {
  generate = "lessons"
  families = ["add", "word", "countdown", "system", "calendar", "unit"]
  count    = 2000
  heldout  = 1800
  seed     = 7
}

# Thoughts that are gone through again, once, twice or not at all.
examples "checked" {
  generate = "lessons"
  families = ["add", "word", "countdown", "system", "calendar", "unit"]
  count    = 8000
  heldout  = 1800
  checks   = 2
  seed     = 7
}

tokenizer "bpe" {
  from  = [examples.lessons]
  vocab = 512
}

tokens "thoughts" {
  from      = [examples.lessons]
  tokenizer = tokenizer.bpe
  length    = 256
}

tokens "answers" {
  from      = [examples.lessons]
  tokenizer = tokenizer.bpe
  length    = 256
  direct    = true
}

tokens "shuffled" {
  from      = [examples.lessons]
  tokenizer = tokenizer.bpe
  length    = 256
  shuffle   = true
}

tokens "few" {
  from      = [examples.few]
  tokenizer = tokenizer.bpe
  length    = 256
  shuffle   = true
}

tokens "checked" {
  from      = [examples.checked]
  tokenizer = tokenizer.bpe
  length    = 384
  shuffle   = true
}

# 1. Small beats large: N parameters with thoughts, ten times as many without.

weights "think" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 4
  width     = 64
  flops     = 6e12
  seed      = 1
}

weights "direct" {
  train     = "sft"
  from      = tokens.answers
  tokenizer = tokenizer.bpe
  depth     = 5
  width     = 192
  flops     = 1.2e13
  seed      = 1
}

# 6. Curriculum against shuffled.

weights "shuffled" {
  train     = "sft"
  from      = tokens.shuffled
  tokenizer = tokenizer.bpe
  depth     = 4
  width     = 64
  flops     = 6e12
  seed      = 1
}

# 2. Recipe lift: SFT on the few, then reinforcement on all by their results; more SFT for
# at least as many operations; a coin in the place of the reward.

weights "few" {
  train     = "sft"
  from      = tokens.few
  tokenizer = tokenizer.bpe
  depth     = 4
  width     = 64
  flops     = 1.2e13
  seed      = 1
}

weights "grpo" {
  train    = "grpo"
  base     = weights.few
  problems = examples.lessons
  watch    = examples.lessons
  replay   = examples.few
  prompts  = 128
  samples  = 8
  steps    = 150
  seed     = 1
}

weights "more" {
  train     = "sft"
  from      = tokens.few
  tokenizer = tokenizer.bpe
  depth     = 4
  width     = 64
  flops     = 2.7e13
  seed      = 1
}

weights "coin" {
  train    = "grpo"
  base     = weights.few
  problems = examples.lessons
  watch    = examples.lessons
  replay   = examples.few
  prompts  = 128
  samples  = 8
  steps    = 150
  control  = "random"
  seed     = 1
}

# 3. Long to short: a token of an answer costs 1/192 of its reward; of thoughts that
# are gone through again, and of such as have nothing to leave out.

weights "checked" {
  train     = "sft"
  from      = tokens.checked
  tokenizer = tokenizer.bpe
  depth     = 4
  width     = 64
  flops     = 8e12
  seed      = 1
}

weights "short" {
  train         = "grpo"
  base          = weights.checked
  problems      = examples.lessons
  watch         = examples.lessons
  replay_weight = 0
  prompts       = 128
  samples       = 8
  steps         = 40
  tokens        = 192
  overlong      = 192
  seed          = 1
}

weights "lean" {
  train         = "grpo"
  base          = weights.grpo
  problems      = examples.lessons
  watch         = examples.lessons
  replay_weight = 0
  prompts       = 128
  samples       = 8
  steps         = 20
  tokens        = 192
  overlong      = 192
  seed          = 1
}

# 5. Distil against RL: what a model of four times the size says.

weights "teacher" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 4
  flops     = 1.2e13
}

weights "distil" {
  train    = "distil"
  teacher  = weights.teacher
  base     = weights.few
  problems = examples.lessons
  count    = 18000
  epochs   = 8
}

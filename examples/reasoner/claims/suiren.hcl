# The experiments of docs/reports/reasoner.md, of one seed. The program beside
# this file puts 2 and 3 in its place and judges what is made:
#
#   go run ./examples/reasoner/claims -state DIR

examples "lessons" {
  generate = "lessons"
  families = ["add", "word", "countdown", "system", "calendar", "unit"]
  count    = 36000
  heldout  = 1800
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

# 1. Small beats large: N parameters with thoughts, ten times as many without.

weights "think" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 4
  width     = 64
  flops     = 3e12
  seed      = 1
}

weights "direct" {
  train     = "sft"
  from      = tokens.answers
  tokenizer = tokenizer.bpe
  depth     = 5
  width     = 192
  flops     = 6e12
  seed      = 1
}

# 2. Recipe lift: reinforcement after SFT; more SFT for as many operations; a
# coin in the place of the reward.

weights "grpo" {
  train    = "grpo"
  base     = weights.think
  problems = examples.lessons
  watch    = examples.lessons
  prompts  = 96
  samples  = 8
  steps    = 40
  seed     = 1
}

weights "more" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 4
  width     = 64
  flops     = 7.2e12
  seed      = 1
}

weights "coin" {
  train    = "grpo"
  base     = weights.think
  problems = examples.lessons
  watch    = examples.lessons
  prompts  = 96
  samples  = 8
  steps    = 40
  control  = "random"
  seed     = 1
}

# 6. Curriculum against shuffled.

weights "shuffled" {
  train     = "sft"
  from      = tokens.shuffled
  tokenizer = tokenizer.bpe
  depth     = 4
  width     = 64
  flops     = 3e12
  seed      = 1
}

# 3. Long to short: a token of an answer costs 1/192 of its reward.

weights "short" {
  train    = "grpo"
  base     = weights.grpo
  problems = examples.lessons
  watch    = examples.lessons
  prompts  = 96
  samples  = 8
  steps    = 20
  overlong = 192
  seed     = 1
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
  base     = weights.think
  problems = examples.lessons
  count    = 8000
}

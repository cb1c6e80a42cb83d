# What the reference curves are of: the tutor's lessons, by its recipe, at
# depths 1 to 4 with thoughts and 1 and 2 without. See make.sh.

examples "lessons" {
  generate = "lessons"
  count    = 20000
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

weights "think-1" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 1
  flops     = 1e11
}

weights "think-2" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 2
  flops     = 4e11
}

weights "think-3" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 3
  flops     = 1.2e12
}

weights "think-4" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 4
  flops     = 2.5e12
}

weights "direct-1" {
  train     = "sft"
  from      = tokens.answers
  tokenizer = tokenizer.bpe
  depth     = 1
  flops     = 8e10
}

weights "direct-2" {
  train     = "sft"
  from      = tokens.answers
  tokenizer = tokenizer.bpe
  depth     = 2
  flops     = 3e11
}

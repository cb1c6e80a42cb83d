# The reasoner: the tutor's plan at twenty minutes to an hour, with long multiplication and
# countdown besides.
# 推理者：与辅导员相同的计划，二十分钟到一小时，另加多位数乘法和凑数。
#
#   suiren up examples/reasoner

examples "lessons" {
  generate = "lessons"
  families = ["add", "sub", "mul", "order", "linear", "word", "countdown"]
  count    = 160000
  heldout  = 2800
}

tokenizer "bpe" {
  from  = [examples.lessons]
  vocab = 512
}

tokens "thoughts" {
  from      = [examples.lessons]
  tokenizer = tokenizer.bpe
  length    = 352
}

tokens "answers" {
  from      = [examples.lessons]
  tokenizer = tokenizer.bpe
  length    = 352
  direct    = true
}

weights "taught" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 5
  minutes   = 20
}

weights "direct" {
  train     = "sft"
  from      = tokens.answers
  tokenizer = tokenizer.bpe
  depth     = 5
  minutes   = 20
}

weights "reasoner" {
  train    = "grpo"
  base     = weights.taught
  problems = examples.lessons
  watch    = examples.lessons
  steps    = 30
  tokens   = 320
}

policy "school" {
  pack = "minors-zh"
}

scenario "reasoner" {
  weights = weights.reasoner
  scope   = examples.lessons
  think   = 304
}

verdict "ready" {
  scenario = scenario.reasoner
  policy   = policy.school
  problems = examples.lessons
  against  = [weights.direct, weights.taught]
  require = {
    add       = 0.9
    sub       = 0.9
    mul       = 0.9
    order     = 0.9
    linear    = 0.9
    word      = 0.9
    countdown = 0.9
    gain      = 0.25
  }
}

release "reasoner" {
  scenario = scenario.reasoner
  policy   = policy.school
  verdict  = verdict.ready
}

# The tutor: a model of under a million parameters that is made here, from
# random weights and generated lessons, and thinks before it answers.
# 辅导员：不到一百万参数的模型，在本机用随机权重和生成的习题制作，先思考再回答。
#
#   suiren up examples/tutor

examples "lessons" {
  generate  = "lessons"
  languages = ["zh", "en"]
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

tokens "answers" { # the same problems, answered without a thought · 同样的题，不思考直接回答
  from      = [examples.lessons]
  tokenizer = tokenizer.bpe
  length    = 256
  direct    = true
}

weights "taught" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 4 # the one dial · 唯一的旋钮
  minutes   = 2.5
}

weights "direct" { # the control: same size, same FLOPs, no thinking · 对照：大小与运算量相同，不思考
  train     = "sft"
  from      = tokens.answers
  tokenizer = tokenizer.bpe
  depth     = 4
  minutes   = 2.5
}

weights "tutor" {
  train    = "grpo"
  base     = weights.taught
  problems = examples.lessons
  watch    = examples.lessons
}

documents "handbook" {
  path = "handbook/**"
}

corpus "handbook" {
  from   = [documents.handbook]
  recipe = "rag"
}

knowledge "handbook" {
  from = corpus.handbook
}

policy "school" {
  pack = "minors-zh"
}

scenario "tutor" {
  weights   = weights.tutor
  knowledge = knowledge.handbook
  scope     = examples.lessons
  think     = 192
}

verdict "ready" {
  scenario = scenario.tutor
  policy   = policy.school
  problems = examples.lessons
  against  = [weights.direct, weights.taught]
  require  = { accuracy = 0.9, gain = 0.25 }
}

release "tutor" {
  scenario = scenario.tutor
  policy   = policy.school
  verdict  = verdict.ready
}

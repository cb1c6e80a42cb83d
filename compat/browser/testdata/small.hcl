# The smallest plan that has all of a release: it is made in a few seconds, and its model talks nonsense.

examples "lessons" {
  generate  = "lessons"
  languages = ["zh", "en"]
  count     = 400
  heldout   = 100
}

tokenizer "bpe" {
  from  = [examples.lessons]
  vocab = 320
}

tokens "thoughts" {
  from      = [examples.lessons]
  tokenizer = tokenizer.bpe
  length    = 256
}

weights "mine" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 1
  flops     = 2e10
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

policy "house" {
  pack = "minors-zh"
}

scenario "mine" {
  weights   = weights.mine
  knowledge = knowledge.handbook
  scope     = examples.lessons
  think     = 16
}

verdict "ready" {
  scenario = scenario.mine
  policy   = policy.house
  problems = examples.lessons
  require  = { accuracy = 0 }
}

release "mine" {
  scenario = scenario.mine
  policy   = policy.house
  verdict  = verdict.ready
}

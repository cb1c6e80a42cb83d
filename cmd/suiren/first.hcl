# A first model of your own: made here from random weights and generated lessons,
# in a minute or two. Change a line and apply again: only what depends on it is
# made anew.

examples "lessons" {
  generate  = "lessons"
  languages = ["zh", "en"]
  count     = 20000
  heldout   = 100
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

weights "mine" {
  train     = "sft"
  from      = tokens.thoughts
  tokenizer = tokenizer.bpe
  depth     = 2 # the one dial
  minutes   = 0.5
}

policy "house" {
  pack = "minors-zh"
}

scenario "mine" {
  weights = weights.mine
  scope   = examples.lessons
  think   = 128
}

verdict "ready" {
  scenario = scenario.mine
  policy   = policy.house
  problems = examples.lessons
  require  = { accuracy = 0 } # it is served however little it knows
}

release "mine" {
  scenario = scenario.mine
  policy   = policy.house
  verdict  = verdict.ready
}

# en: A first model of your own: made here from random weights and generated lessons,
# en: in a minute or two. Change a line and apply again: only what depends on it is
# en: made anew.
# zh: 您的第一个模型：用随机权重和生成的习题在本机制作，约需一两分钟。
# zh: 改动一行再制作，只重做与它有关的部分。

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
  # en: the one dial
  # zh: 唯一的旋钮，其余形状由它决定
  depth     = 2
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
  # en: it is served however little it knows
  # zh: 无论学到多少都可以发布
  require  = { accuracy = 0 }
}

release "mine" {
  scenario = scenario.mine
  policy   = policy.house
  verdict  = verdict.ready
}

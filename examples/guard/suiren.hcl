# The classifiers that are built into suiren, made again, in the root of the repository:
#
#   go run ./examples/guard
#
# writes the folder sets (from ../shared/data, or -data FOLDER) and applies this plan. Each
# file classifier of an artifact is what stage/guard/classify embeds, packed, and
# go test ./cmd/suiren -run BuiltIn -update puts it there. docs/detectors.md says how
# they do on what they did not see.
#
# harm.txt, questions.txt, injection.txt and plain.txt were written for this. The sets are
# not ours to give; sets/sets.go chooses them, as JSON Lines and each sentence once:
#
#   offence.jsonl, polite.jsonl   four fifths of COLD's dev set (Jiawen Deng and others, 2022; Apache-2.0)
#   bipia.jsonl                   attacks of 17 kinds of BIPIA (Microsoft, 2023; MIT)
#   shakespeare.jsonl             every eighth line of his plays
#   api.jsonl                     descriptions of the OpenAI API (OpenAI; MIT)
#
# The thresholds were chosen by half of XSTest (CC BY 4.0, Paul Röttger and others), by
# CMRC 2018 and by WikiText-2, of which nothing is learnt: what is written for a purpose
# is told apart from templates too easily for these to choose it.

classifier "harm" {
  path      = ["harm.txt", "questions.txt", "sets/polite.jsonl", "plain.txt", "sets/shakespeare.jsonl", "sets/api.jsonl"]
  threshold = 0.78
}

classifier "injection" {
  path      = ["injection.txt", "sets/bipia.jsonl", "sets/polite.jsonl", "plain.txt", "sets/shakespeare.jsonl", "sets/api.jsonl"]
  threshold = 0.67
}

classifier "offence" {
  path      = ["sets/offence.jsonl", "sets/polite.jsonl", "questions.txt", "plain.txt", "sets/shakespeare.jsonl", "sets/api.jsonl"]
  threshold = 0.85
}

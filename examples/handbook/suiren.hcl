# Questions to a folder of documents in two languages and several formats. No
# model is needed: an answer is sentences of the documents with their source.
# 向一个目录提问：两种语言、多种格式。不需要模型：回答是文档中的原句，附出处。
#
#   suiren knowledge add library examples/handbook/docs
#   suiren knowledge ask library "How many books may I borrow?"
#   suiren knowledge eval library examples/handbook/questions.tsv

documents "library" {
  path = "docs/**"
}

corpus "library" {
  from   = documents.library
  recipe = "rag"
}

knowledge "library" {
  from = corpus.library
}

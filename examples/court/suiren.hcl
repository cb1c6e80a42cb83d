# A court's policy. A case's number stands in the question; whoever asks says which
# case they work on:
# 法院的策略。问题中写明案号；提问者写明自己办理的案件：
#
#   Suiren-Context: purpose=trial&case_id=（2026）京0105民初123号
#
#   suiren serve MODEL --policy examples/court

policy "court" {
  pack    = "government-zh"
  words   = "words/*.csv" # numbers of sealed cases, a line each · 不公开案件的案号，每行一个
  version = "2026-11"
  owner   = "审判管理办公室"
  expires = "2027-12-31"

  rail "case" { # a case of which the request does not say that it is about it · 请求没有写明所办的案件
    class  = "A.4.f"
    about  = "侵害他人个人信息权益"
    on     = ["input", "tool_call"]
    detect = ["pii:case"]
    when   = "text != labels.case_id"
    en     = "This request is about another case. Open the case that you ask about first."
    zh     = "本次请求与所述案件不符，请先进入该案件再提问。"
  }

  rail "verdict" { # the program assists, and does not judge · 程序只辅助，不裁判
    on       = ["input"]
    keywords = ["应当判几年", "该判多少年", "替我写判决主文", "decide the case for me"]
    en       = "Judging is for judges. I can find the law and earlier cases."
    zh       = "裁判由法官作出。我可以检索法条和类案。"
  }
}

# A hospital's policy. Record numbers begin with the ward: B320261101. Whoever asks
# says for which ward and why, in the header
#
#   Suiren-Context: purpose=treatment&ward=B3
#
# and who may say so is decided by the rules of access (docs/security.md); this
# policy sees to it that no record of another ward is spoken of.
# 医院的策略。病历号以病区开头（B320261101）；提问者在上面的请求头中写明病区与目的，谁可以
# 这样写由访问规则决定（docs/security.zh-CN.md）；本策略确保不谈及其他病区的病历。
#
#   suiren serve MODEL --policy examples/hospital

policy "hospital" {
  pack    = "medical-zh" # clinicians may speak of violence and self-harm, and read record numbers · 医护可谈论暴力与自伤，可看病历号
  version = "2026-11"
  owner   = "医务处"
  expires = "2027-12-31"

  # A request that does not say its ward, or says another one, is refused: a
  # condition that cannot be judged is closed.
  # 没有写明病区或写了别的病区的请求被拒绝：条件无法判断时一律拦下。
  rail "ward" {
    class  = "A.4.f"
    about  = "侵害他人个人信息权益"
    detect = ["pii:medical"]
    when   = "!text.startsWith(labels.ward) && labels.purpose != 'emergency'"
    en     = "This patient is not of your ward. In an emergency, open the record with a reason: it is written down and looked at."
    zh     = "该患者不属于您的病区。紧急情况请说明理由后调阅，系统会记录并复核。"
  }

  rail "emergency" { # each is looked at afterwards · 每次事后都要审核
    class  = "A.4.f"
    on     = ["input"]
    detect = ["pii:medical"]
    when   = "labels.purpose == 'emergency'"
    action = "log"
  }

  rail "purpose" {
    class  = "A.4.f"
    on     = ["input"]
    detect = ["pii:medical"]
    when   = "!(labels.purpose in ['treatment', 'emergency'])"
    en     = "A record is opened for treatment or in an emergency. Say which."
    zh     = "病历仅可因诊疗或紧急情况调阅，请注明目的。"
  }

  rail "dose" { # an answer with a dose waits for a pharmacist: suiren guard review · 含剂量的回答等药师审核
    on       = ["output"]
    keywords = ["静脉推注", "加倍剂量", "double the dose"]
    action   = "ask_human"
    en       = "This answer needs a pharmacist, and none has looked at it yet."
    zh       = "该回答需药师复核，目前尚未复核。"
  }
}

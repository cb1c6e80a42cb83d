# A school's policy. It stands before a model that you brought:
# 学校的策略，放在您带来的模型之前：
#
#   suiren serve MODEL --policy examples/school
#   suiren guard check examples/school/suiren.hcl     # pass a text through it · 让一段文字通过
#   suiren guard lint examples/school/suiren.hcl      # rails that have expired, words past their review · 过期的护栏与关键词
#
# or before a release of your own: copy the blocks into its plan.
# 也可用于您自己的发布版本：把这些块抄进它的计划。

classifier "pupils" { # guard lint says how well it does · 效果见 guard lint
  path = ["topics.csv"]
}

policy "school" {
  pack        = "minors-zh"
  hold        = "sentence" # nothing of a sentence is seen before all of it has been checked · 整句检查完才显示
  words       = "words/*.csv"
  classifiers = [classifier.pupils]
  version     = "2026-11"
  owner       = "德育处"
  expires     = "2027-12-31"

  rail "companion" { # no virtual partner or relative for minors · 不向未成年人提供虚拟伴侣或亲属
    class    = "A.4.a"
    keywords = ["做我女朋友", "做我男朋友", "当我老婆", "当我老公", "扮演我的妈妈", "扮演我的爸爸", "be my girlfriend", "be my boyfriend"]
    en       = "I am a program that helps with learning, and cannot be a partner or a relative. A teacher or someone at home is glad to listen."
    zh       = "我是帮助学习的程序，不能当恋人或亲人。老师和家人会愿意听你说。"
  }

  rail "teachers" { # who asks for a teacher's private number is told where to ask · 索要教师私人号码的，告知去哪里问
    on       = ["input"]
    keywords = ["老师的手机号", "老师的家庭住址", "teacher's phone number", "teacher's home address"]
    en       = "Please reach teachers through the school's office."
    zh       = "请通过学校办公室联系老师。"
  }

  rail "cheating" { # learnt, so it can err: how to prepare for an exam is answered · 由例句学成，会有误差；备考的问题照常回答
    on     = ["input"]
    detect = ["classify:cheating"]
    when   = "confidence >= 0.7"
    en     = "An exam is yours to write. I am glad to practise with you for it."
    zh     = "考试要靠自己完成。我很乐意陪你一起复习。"
  }

  rail "gaming" { # only counted · 只计数
    on     = ["input"]
    action = "log"
    detect = ["classify:gaming"]
  }

  rail "worry" { # nothing is refused; the counsellor looks at how often it is heard of · 不拒绝；心理老师查看出现的次数
    on       = ["input"]
    action   = "log"
    keywords = ["不想上学", "被同学欺负", "睡不着", "afraid of school", "being bullied"]
  }
}

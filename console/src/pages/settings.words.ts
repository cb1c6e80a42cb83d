import type { Pairs } from "../words";

export const words = {
  lead: ["What this process was started with, and where each setting comes from. What a flag, a variable or a file sets is changed there, not here.", "本进程的启动设置及每项的来源。由选项、环境变量或文件设定的，请在原处修改。"],
  list: ["Settings of the process", "进程设置"],
  places: ["Where things lie", "文件位置"],
  name: ["Name", "名称"],
  value: ["Value", "值"],
  origin: ["Origin", "来源"],
  what: ["What it does", "作用"],
  origin_flag: ["flag {0}", "选项 {0}"],
  origin_environment: ["environment, {0}", "环境变量 {0}"],
  origin_default: ["default", "默认"],
  origin_file: ["file", "文件"],
  place_home: ["Everything of the owner's that is no plan's", "不属于计划的全部内容"],
  place_books: ["Keys, ledger, traces, audit log", "密钥、账本、轨迹、审计日志"],
  place_plan: ["The plan file", "计划文件"],
  place_state: ["What the plan made", "计划的产物"],
  empty: ["not set", "未设置"],
  readOnly: ["read-only here", "此处只读"],
  language: ["Of this page", "本页"],
  languageHelp: ["Language and colours are kept in this browser alone.", "语言和配色只保存在本浏览器。"],
} satisfies Pairs;

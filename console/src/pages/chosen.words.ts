import type { Pairs } from "../words";

export const words = {
  toData: ["Answers rated good need no set: a documents block with traces = release.NAME alone reads them.", "评价为“好”的回答无需数据集：documents 块只写 traces = release.名称 即可读取。"],
  setName: ["Set", "数据集"],
  setHint: ["A new name makes a new set: small letters, digits, hyphens.", "填新名称即新建：小写字母、数字、连字符。"],
  add: ["Add {0} to data", "把 {0} 条加入数据"],
  added: ["{0} added to {1}.", "已将 {0} 条加入 {1}。"],
  already: ["{0} were in it.", "{0} 条原已在内。"],
  empty: ["{0} left out: what was said was not kept.", "{0} 条因未保存内容而略过。"],
  sets: ["Chosen for data", "选作数据"],
  setsHelp: ["A set names answers and copies nothing: what is erased or grows too old leaves it. A plan makes documents of it.", "数据集只记下编号，不含副本：被清除或到期的回答随之消失。计划可由它制作文档。"],
  setsNone: ["No set yet. Tick answers above, name a set, and add them.", "还没有数据集。在上面勾选回答，填写名称，即可加入。"],
  setHolds: ["{0} answers", "{0} 条回答"],
  setLost: ["{0} without content", "{0} 条已无内容"],
  setShow: ["Show them", "查看"],
  setAway: ["Remove the set", "删除数据集"],
} satisfies Pairs;

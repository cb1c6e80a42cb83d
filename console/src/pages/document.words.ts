import type { Pairs } from "../words";

export const words = {
  close: ["Close", "关闭"],
  page: ["Page {0}", "第 {0} 页"],
  whole: ["The document", "全文"],
  before: ["Page before", "上一页"],
  next: ["Next page", "下一页"],
  asRead: ["The text as it was read: without its layout and pictures. What is cited is marked.", "读入的文字，不含版式与图片。被引用处已标出。"],
  views: ["How the page shows", "页面显示方式"],
  asDrawn: ["As it looks", "原样"],
  asText: ["As text", "文字"],
  drawnHelp: ["The page as it looks. What is cited is marked beside it, and in its text.", "页面原样。被引用处在右侧和文字视图中标出。"],
  drawnAlt: ["Page {0} of {1}, drawn", "{1} 第 {0} 页的图像"],
  undrawn: ["The page cannot be drawn: the file changed or went since it was read. This is its text.", "无法绘制该页：文件在读入后有改动或已移走。以下是其文字。"],
  passages: ["Its passages", "所含段落"],
  place: ["bytes {0} to {1} of the text", "文本字节 {0}–{1}"],
  gone: ["You may not read this document, or it is not there any more.", "您无权阅读该文档，或它已不在。"],
} satisfies Pairs;

package say

import "regexp"

// operations are the Chinese of what Go's library calls what it does.
var operations = map[string]string{
	"open": "打开", "openat": "打开", "read": "读取", "write": "写入", "close": "关闭", "seek": "定位", "sync": "写入", "truncate": "截断", "mmap": "映射", "flock": "锁定",
	"stat": "查看", "lstat": "查看", "fstat": "查看", "statfs": "查看", "readdirent": "列出", "fdopendir": "列出", "readlink": "读取链接",
	"mkdir": "创建目录", "mkdirat": "创建目录", "remove": "删除", "unlink": "删除", "unlinkat": "删除", "removeall": "删除", "rename": "重命名", "renameat": "重命名", "link": "链接", "symlink": "链接",
	"chdir": "进入目录", "chmod": "修改权限", "chtimes": "修改时间", "fork/exec": "启动", "exec": "启动",
	"dial": "连接", "listen": "监听", "accept": "接受连接", "get": "访问", "post": "访问", "put": "访问", "head": "访问", "parse": "解析",
}

// phrases are the Chinese of what Go's library, the system and SQLite say.
var phrases = map[string]string{
	// Files and memory.
	"no such file or directory":         "没有这个文件或目录",
	"file does not exist":               "文件不存在",
	"file exists":                       "已经存在",
	"file already exists":               "已经存在",
	"file already closed":               "文件已关闭",
	"permission denied":                 "没有权限",
	"operation not permitted":           "不允许这样做",
	"operation not supported":           "这里不支持",
	"function not implemented":          "这里不支持",
	"not a directory":                   "不是目录",
	"is a directory":                    "这是一个目录",
	"directory not empty":               "目录不是空的",
	"no space left on device":           "磁盘已满",
	"disk quota exceeded":               "磁盘配额已用完",
	"file too large":                    "文件超过大小上限",
	"read-only file system":             "文件系统是只读的",
	"input/output error":                "读写出错，磁盘可能有故障",
	"too many open files":               "打开的文件过多",
	"too many open files in system":     "系统打开的文件过多",
	"file name too long":                "文件名过长",
	"too many levels of symbolic links": "符号链接层数过多",
	"invalid cross-device link":         "不能跨磁盘链接",
	"device or resource busy":           "正在被占用",
	"text file busy":                    "程序文件正在运行",
	"stale file handle":                 "网络文件已失效",
	"no such device or address":         "没有这个设备",
	"cannot allocate memory":            "内存不足",
	"resource temporarily unavailable":  "资源暂时不可用",
	"invalid argument":                  "参数无效",
	"exec format error":                 "不是这台机器能运行的程序",
	"bad file descriptor":               "文件已关闭",
	"broken pipe":                       "对方已关闭",
	"EOF":                               "内容已到结尾",
	"unexpected EOF":                    "内容不完整",
	"short write":                       "没有全部写入",
	"negative position":                 "位置无效",

	// The network.
	"connection refused":                              "拒绝连接",
	"connection reset by peer":                        "连接被对方中断",
	"connection timed out":                            "连接超时",
	"network is unreachable":                          "网络不可达",
	"no route to host":                                "没有到该主机的路由",
	"address already in use":                          "地址已被占用",
	"cannot assign requested address":                 "本机没有这个地址",
	"missing port in address":                         "地址缺少端口",
	"too many colons in address":                      "地址里冒号过多",
	"missing protocol scheme":                         "缺少协议，如 http://",
	"use of closed network connection":                "连接已关闭",
	"no such host":                                    "没有这个主机",
	"server misbehaving":                              "名称服务器异常",
	"i/o timeout":                                     "超时",
	"context canceled":                                "已取消",
	"context deadline exceeded":                       "超时",
	"http: request body too large":                    "请求体过大",
	"http: server gave HTTP response to HTTPS client": "对方使用 HTTP，而不是 HTTPS",
	"net/http: timeout awaiting response headers":     "等待答复超时",

	"html: open stack of elements exceeds 512 nodes": "元素嵌套超过 512 层",

	// JSON, CSV and other forms.
	"unexpected end of JSON input":              "JSON 没有写完",
	"exceeded max depth":                        "嵌套过深",
	`bare " in non-quoted-field`:                "没有用引号括起的一栏里有引号",
	`extraneous or missing " in quoted-field`:   "用引号括起的一栏里多了或少了引号",
	`bare " in non-quoted field`:                "没有用引号括起的一栏里有引号",
	`extraneous or missing " in quoted field`:   "用引号括起的一栏里多了或少了引号",
	"wrong number of fields":                    "栏数与前面不同",
	"zip: not a valid zip file":                 "不是 ZIP 容器",
	"zip: unsupported compression algorithm":    "不支持该 ZIP 的压缩方式",
	"zip: checksum error":                       "ZIP 的校验和不符",
	"gzip: invalid header":                      "不是 gzip 文件",
	"gzip: invalid checksum":                    "gzip 的校验和不符",
	"magic number mismatch":                     "不是 zstd 文件",
	"invalid input: magic number mismatch":      "不是 zstd 文件",
	"png: invalid format: not a PNG file":       "不是 PNG 文件",
	"png: invalid format: invalid checksum":     "PNG 的校验和不符",
	"encoding/hex: odd length hex string":       "十六进制数字的个数是奇数",
	"more than one value":                       "不止一个值",
	"asn1: structure error":                     "结构不正确",
	"x509: malformed certificate":               "证书格式不正确",
	"no identity matched any of the recipients": "没有一个身份属于它的接收者",

	// Certificates.
	"tls: failed to find any PEM data in certificate input":                            "证书文件里没有 PEM 数据",
	"tls: failed to find any PEM data in key input":                                    "私钥文件里没有 PEM 数据",
	"tls: failed to parse private key":                                                 "无法解析私钥",
	"tls: private key does not match public key":                                       "私钥与证书不符",
	"tls: private key type does not match public key type":                             "私钥与证书的类型不符",
	"tls: first record does not look like a TLS handshake":                             "对方没有使用 TLS",
	"x509: certificate signed by unknown authority":                                    "证书的签发者未知",
	"tls: failed to verify certificate: x509: certificate signed by unknown authority": "证书的签发者未知",

	// Regular expressions.
	"invalid character class":                 "字符类无效",
	"invalid character class range":           "字符类的范围无效",
	"invalid escape sequence":                 "转义无效",
	"invalid named capture":                   "命名分组无效",
	"invalid or unsupported Perl syntax":      "不支持的 Perl 写法",
	"invalid nested repetition operator":      "重复符号不能连用",
	"invalid repeat count":                    "重复次数无效",
	"invalid UTF-8":                           "不是 UTF-8",
	"missing argument to repetition operator": "重复符号前面没有内容",
	"missing closing ]":                       "缺少 ]",
	"missing closing )":                       "缺少 )",
	"trailing backslash at end of expression": "结尾多了反斜杠",
	"unexpected )":                            "多了 )",
	"expression nests too deeply":             "嵌套过深",
	"expression too large":                    "表达式过大",

	// knowledge/document/pdfium, which speaks English alone.
	"it asks for a password":                 "需要密码",
	"it is no PDF, or damaged beyond repair": "不是 PDF，或损坏得无法修复",
	"it is too large":                        "过大",
	"a page has no size":                     "有一页没有尺寸",
	"a page has no room in memory":           "有一页在内存中放不下",
	"a picture has no rows":                  "有一幅图没有内容",
	"a picture is not where it should be":    "有一幅图不在应在的位置",

	// Cedar.
	"invalid primary": "此处应为一个值",
	"unable to find an applicable action given the policy scope constraints": "没有操作符合这条规则的范围",
	"empty set literals are forbidden in policies":                           "规则里不能写空集合",

	// Programs.
	"executable file not found in $PATH": "在 PATH 中找不到这个程序",
	"signal: killed":                     "被终止",
	"signal: segmentation fault":         "程序崩溃",
}

// patterns are what they say with words of the case in it. An empty format leaves it.
var patterns = []struct {
	said   *regexp.Regexp
	en, zh string
}{
	{regexp.MustCompile(`(?s)^json: unknown field "(.*)"$`), `there is no field "%s"`, `没有字段 "%s"`},
	{regexp.MustCompile(`^invalid character .+ exceeded max depth$`), "it is nested too deep", "嵌套过深"},
	{regexp.MustCompile(`(?s)^invalid character (.+) looking for beginning of value$`), "", "此处应为一个值，却是 %s"},
	{regexp.MustCompile(`(?s)^invalid character (.+) looking for beginning of object key string$`), "", "此处应为带双引号的键，却是 %s"},
	{regexp.MustCompile(`(?s)^invalid character (.+) after object key$`), "", "键之后应为冒号，却是 %s"},
	{regexp.MustCompile(`(?s)^invalid character (.+) after object key:value pair$`), "", "值之后应为逗号或 }，却是 %s"},
	{regexp.MustCompile(`(?s)^invalid character (.+) after array element$`), "", "列表项之后应为逗号或 ]，却是 %s"},
	{regexp.MustCompile(`(?s)^invalid character (.+) after top-level value$`), "", "值已结束，其后还有 %s"},
	{regexp.MustCompile(`(?s)^invalid character (.+) in literal (\w+) \(expecting .+\)$`), "", "此处像是 %[2]s，却有 %[1]s"},
	{regexp.MustCompile(`(?s)^invalid character (.+?) (?:in|after) .*numeric literal$`), "", "数字里有 %s"},
	{regexp.MustCompile(`(?s)^invalid character (.+) in (?:string escape code|\\u hexadecimal character escape)$`), "", "转义里有 %s"},
	{regexp.MustCompile(`(?s)^invalid character (.+) in string literal$`), "", "字符串里有 %s"},

	{regexp.MustCompile("(?s)^error parsing regexp: (.+): `(.*)`$"), "%s: %s", "%s：%s"},
	{regexp.MustCompile(`^illegal base64 data at input byte (\d+)$`), "", "第 %s 个字节不是 Base64"},
	{regexp.MustCompile(`(?s)^encoding/hex: invalid byte: (.+)$`), "", "不是十六进制数字：%s"},
	{regexp.MustCompile(`(?s)^png: invalid format: (.+)$`), "", "不是有效的 PNG：%s"},
	{regexp.MustCompile(`^flate: corrupt input before offset (\d+)$`), "", "压缩内容在第 %s 个字节之前已损坏"},
	{regexp.MustCompile(`(?s)^time: (?:invalid|missing unit in|unknown unit .+ in) duration (.+)$`), "%s is not a length of time such as 90s, 5m or 24h", "%s 不是 90s、5m、24h 这样的时长"},
	{regexp.MustCompile(`(?s)^XML syntax error on line (\d+): .+$`), "", "XML 第 %s 行有误"},
	{regexp.MustCompile(`^exit status (\d+)$`), "", "退出码 %s"},
	{regexp.MustCompile(`(?s)^exec: "(.+)": executable file not found in \$PATH$`), "", "在 PATH 中找不到程序 %s"},
	{regexp.MustCompile(`(?s)^x509: certificate has expired or is not yet valid: .*$`), "", "证书已过期，或尚未生效"},
	{regexp.MustCompile(`(?s)^x509: certificate is (?:valid for|not valid for any names).*$`), "", "证书不是为这个名称签发的"},

	// Cedar.
	{regexp.MustCompile(`(?s)^parser error: parse error at <input>:(\d+):(\d+) "(.*?)": (.+)$`), `line %s, column %s, at "%s": %s`, `第 %s 行第 %s 列，在 "%s" 处：%s`},
	{regexp.MustCompile(`^exact got (.*) want (.*)$`), "%[2]s belongs here", "应为 %[2]s"},
	{regexp.MustCompile("(?s)^for policy `.*?`, (.+?)(?:\nfor policy .*)?$"), "%s", "%s"},
	{regexp.MustCompile("^unrecognized action (`.+`)$"), "there is no action %s", "没有操作 %s"},
	{regexp.MustCompile("^unrecognized entity type (`.+`)$"), "there is no kind of entity %s", "没有实体类型 %s"},
	{regexp.MustCompile("^attribute (`.+?`) (?:on|in) .*not found$"), "", "没有属性 %s"},
	{regexp.MustCompile("^unable to guarantee safety of access to optional attribute (`.+?`).*$"), "the attribute %s may be missing: ask for it with has first", "属性 %s 可能不存在：请先用 has 判断"},
	{regexp.MustCompile("^unexpected type: expected (.+) but saw (.+)$"), "%s belongs here, and not %s", "应为 %s，却是 %s"},

	// CEL.
	{regexp.MustCompile(`(?s)^ERROR: <input>:(\d+):(\d+): ([^\n]+?)(?: \(in container ''\))?(?:\n.*)?$`), "line %s, column %s: %s", "第 %s 行第 %s 列：%s"},
	{regexp.MustCompile(`^Syntax error: mismatched input '<EOF>' expecting .*$`), "it ends too early", "没有写完"},
	{regexp.MustCompile(`^Syntax error: (?:mismatched|extraneous|no viable alternative at) input '(.*?)'.*$`), "%s does not belong here", "此处不应是 %s"},
	{regexp.MustCompile(`^Syntax error: token recognition error at: '(.*)'$`), "%s has no meaning here", "%s 在此没有意义"},
	{regexp.MustCompile(`^undeclared reference to '(.+?)'.*$`), "there is no %s", "没有 %s"},
	{regexp.MustCompile(`^found no matching overload for '_?(.+?)_?' applied to '(.+)'$`), "%s does not go with %s", "%s 不能用于 %s"},

	{regexp.MustCompile(`^disk I/O error \((\d+)\)`), "the file of the database cannot be read or written (SQLite %s)", "无法读写数据库文件（SQLite %s）"},
	{regexp.MustCompile(`^database or disk is full \((\d+)\)`), "the disk is full (SQLite %s)", "磁盘已满（SQLite %s）"},
	{regexp.MustCompile(`^database (?:table )?is locked(?:: .*)? \((\d+)\)`), "another process holds the database (SQLite %s)", "数据库正被另一进程占用（SQLite %s）"},
	{regexp.MustCompile(`^file is not a database(?:: .*)? \((\d+)\)`), "it is not a database of SQLite (%s)", "不是 SQLite 数据库（%s）"},
	{regexp.MustCompile(`^database disk image is malformed(?:: .*)? \((\d+)\)`), "the database is damaged (SQLite %s)", "数据库已损坏（SQLite %s）"},
	{regexp.MustCompile(`^attempt to write a readonly database(?:: .*)? \((\d+)\)`), "the database may only be read (SQLite %s)", "数据库是只读的（SQLite %s）"},
	{regexp.MustCompile(`^unable to open database file(?:: .*)? \((\d+)\)`), "the file of the database cannot be opened (SQLite %s)", "无法打开数据库文件（SQLite %s）"},
}

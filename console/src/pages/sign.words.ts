import type { Pairs } from "../words";

export const words = {
  title: ["This page needs your key", "请输入密钥"],
  help: ["Open the address that the server printed when it started, or give an API key.", "请打开服务器启动时打印的网址，或输入 API 密钥。"],
  key: ["API key", "API 密钥"],
  as: ["Or sign in as yourself", "或用账户登录"],
  name: ["Name", "名字"],
  password: ["Password", "密码"],
  signIn: ["Sign in", "登录"],
  passkey: ["Sign in with a passkey", "用通行密钥登录"],
  noPasskey: ["Passkeys work where the page is opened by a name: localhost, or one given with --host.", "用名称打开页面（localhost 或 --host 指定的名称）时，才能使用通行密钥。"],
  wait: ["Try again in {0} s", "{0} 秒后可重试"],
  slow: ["After some failures the server lets a name and an address wait, longer each time.", "多次失败后，服务器会让该名字和地址等待，时间逐次加长。"],
  joinTitle: ["Set your password", "设置密码"],
  joinHelp: ["This link works once. The password should be long; a sentence is good.", "此链接只能用一次。密码要长，一句话最好。"],
  joinGo: ["Set it and sign in", "设置并登录"],
  cancelled: ["The passkey was not used: it was cancelled, or there is none for this place.", "未使用通行密钥：已取消，或此处没有通行密钥。"],
  failed_no_grant: ["You are known there, but none of your groups is let in here. Ask whoever runs this server.", "身份已确认，但您所在的组均未获准使用本系统。请联系管理员。"],
  failed_wrong_state: ["That sign-in was not begun here, or took too long. Sign in again.", "该登录不是从这里发起的，或已超时。请重新登录。"],
  failed_issuer_failed: ["The sign-in server did not answer as it should. Try again, or sign in another way.", "登录服务器没有正确应答。请重试，或换一种方式登录。"],
  failed_wrong_password: ["This account is suspended here. Ask whoever runs this server.", "该账户在本系统已停用。请联系管理员。"],
  failed_: ["The sign-in at the other server failed. Try again, or sign in another way.", "外部登录失败。请重试，或换一种方式登录。"],
} satisfies Pairs;

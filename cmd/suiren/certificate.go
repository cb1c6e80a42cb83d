package main

import (
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/serve"
)

var hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// certificateCommand makes certificates for TLS, signed by an authority of the
// house's own.
func (a *app) certificateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "certificate " + a.t("FOLDER NAME…", "目录 主机名…"), Short: a.t("Make a TLS certificate, and an authority of your own that signs it", "生成 TLS 证书，由自建的 CA 签发"), Args: a.args(2, 32),
		Long: a.t(`Make server.pem and server-key.pem for names and addresses of this server, signed by
authority.pem, which is made the first time and which clients must be told to trust.

  suiren certificate tls tutor.school 10.0.0.7
  suiren serve --listen 0.0.0.0:7740 --host tutor.school --tls-cert tls/server.pem --tls-key tls/server-key.pem

A running server takes up a new certificate by itself.`,
			`为本服务器的主机名和地址生成 server.pem 与 server-key.pem，由 authority.pem 签发；
后者在首次运行时生成，客户端须信任它。

  suiren certificate tls tutor.school 10.0.0.7
  suiren serve --listen 0.0.0.0:7740 --host tutor.school --tls-cert tls/server.pem --tls-key tls/server-key.pem

运行中的服务器会自动换用新证书。`),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, name := range args[1:] {
				if net.ParseIP(name) == nil && !hostForm.MatchString(name) {
					return usage(name, say.T("this is neither a host name nor an address", "这既不是主机名也不是地址"), say.T("write it like tutor.school or 10.0.0.7", "请写成 tutor.school 或 10.0.0.7 的样子"))
				}
			}
			if err := serve.MakeCertificates(args[0], args[1:], time.Now()); err != nil {
				return err
			}
			cert, key, authority := filepath.Join(args[0], "server.pem"), filepath.Join(args[0], "server-key.pem"), filepath.Join(args[0], "authority.pem")
			if a.format == formatJSONL {
				a.line(map[string]string{"type": "certificate", "certificate": cert, "key": key, "authority": authority})
				return nil
			}
			fmt.Fprintln(a.stdout, a.t("serve with --tls-cert %s --tls-key %s", "启动时用 --tls-cert %s --tls-key %s", cert, key))
			fmt.Fprintln(a.stdout, a.t("clients must trust %s", "客户端须信任 %s", authority))
			return nil
		},
	}
}

// secure puts TLS on a listener if the flags say so, and says aloud what goes in
// the clear if they do not.
func (f *serveFlags) secure(a *app, ln net.Listener) (net.Listener, error) {
	switch {
	case (f.cert == "") != (f.key == ""):
		return nil, usage("--tls-cert, --tls-key", say.T("one of the two is missing", "两者缺一"), say.T("give both", "请同时给出"))
	case f.cert != "":
		return serve.Secure(ln, f.cert, f.key)
	}
	if tcp, ok := ln.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		a.screen.Note(say.T("keys and answers cross the network in the clear; suiren certificate makes what --tls-cert takes", "密钥和回答以明文经过网络；可用 suiren certificate 生成 --tls-cert 所需的证书"))
	}
	return ln, nil
}

func (f *serveFlags) scheme() string {
	if f.cert != "" {
		return "https://"
	}
	return "http://"
}

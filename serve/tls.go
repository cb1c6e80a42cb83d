package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"suiren/internal/durable"
	"suiren/internal/say"
)

// Secure puts TLS 1.3, and nothing older, on a listener, with the certificate
// and key of two PEM files. When the files change, new connections get what is
// there then.
func Secure(ln net.Listener, cert, key string) (net.Listener, error) {
	c := &certificate{cert: cert, key: key}
	if _, err := c.get(nil); err != nil {
		return nil, err
	}
	return tls.NewListener(ln, &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: c.get, NextProtos: []string{"http/1.1"}}), nil
}

type certificate struct {
	cert, key string

	mu   sync.Mutex
	made [2]time.Time // of the files, when they were read
	pair *tls.Certificate
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var made [2]time.Time
	for i, path := range []string{c.cert, c.key} {
		info, err := os.Stat(path)
		if err != nil {
			return c.pair, c.failed(err)
		}
		made[i] = info.ModTime()
	}
	if c.pair != nil && made == c.made {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return c.pair, c.failed(err) // half of it may be written: the next connection looks again
	}
	c.pair, c.made = &pair, made
	return c.pair, nil
}

// failed is an error only while there is no certificate at all.
func (c *certificate) failed(err error) error {
	if c.pair != nil {
		return nil
	}
	return &say.Error{Where: c.cert, Err: err, What: say.T("the certificate and its key cannot be used: %v", "无法使用证书及其私钥：%v", err),
		Next: say.T("give PEM files that belong together; suiren certificate makes a pair", "请提供配套的 PEM 文件；可用 suiren certificate 生成")}
}

// Lives of what MakeCertificates makes.
const (
	authorityLife   = 10 * 365 * 24 * time.Hour
	certificateLife = 397 * 24 * time.Hour // the most that browsers take
)

// MakeCertificates makes a certificate for names and addresses of this server,
// server.pem and server-key.pem, and, where there is none yet, an authority of
// the house's own that signs it: authority.pem, which clients are told to
// trust, and authority-key.pem, which is best kept elsewhere.
func MakeCertificates(dir string, names []string, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	authority, err := tls.LoadX509KeyPair(at("authority.pem"), at("authority-key.pem"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(at("authority.pem")); err == nil {
			return &say.Error{Where: at("authority-key.pem"), What: say.T("the key of the authority is not here", "缺少 CA 的私钥"), Next: say.T("bring it back, or remove authority.pem to make another", "请放回私钥，或删除 authority.pem 以另建 CA")}
		}
		t := &x509.Certificate{Subject: pkix.Name{CommonName: "Suiren of this house"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(authorityLife),
			KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true}
		if err := makeCertificate(dir, "authority", t, nil); err != nil {
			return err
		}
		authority, err = tls.LoadX509KeyPair(at("authority.pem"), at("authority-key.pem"))
	}
	if err != nil {
		return err
	}
	t := &x509.Certificate{Subject: pkix.Name{CommonName: names[0]}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	return makeCertificate(dir, "server", t, &authority)
}

// makeCertificate writes a certificate and its key; without a signer it signs itself.
func makeCertificate(dir, name string, t *x509.Certificate, by *tls.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return err
	}
	parent, signer := t, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, signer)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name, kind string
		der        []byte
		mode       fs.FileMode
	}{{name + "-key.pem", "PRIVATE KEY", secret, 0o600}, {name + ".pem", "CERTIFICATE", der, 0o644}} {
		if err := durable.WriteFile(filepath.Join(dir, f.name), pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der}), f.mode); err != nil {
			return err
		}
	}
	return nil
}

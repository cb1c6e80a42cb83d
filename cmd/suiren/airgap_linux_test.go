package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideEnv tells the test binary that it runs without a network.
const insideEnv = "SUIREN_TEST_AIRGAP"

// TestAirgap makes, serves and asks a tutor where there is no network but the
// loopback and one interface, which leads to this test: it holds every packet
// that tried to leave.
func TestAirgap(t *testing.T) {
	if os.Getenv(insideEnv) != "" {
		airgap(t)
		return
	}
	t.Parallel()
	c := exec.Command(os.Args[0], "-test.run=^TestAirgap$", "-test.v")
	c.Env = append(os.Environ(), insideEnv+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := c.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC) {
		t.Skip("this system does not let the test have a network of its own:", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if bytes.Contains(out, []byte("--- SKIP")) {
		t.Skipf("%s", out)
	}
	t.Logf("%s", out)
}

func airgap(t *testing.T) {
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	must("the loopback", interfaceUp("lo"))
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip("there is no way to watch what leaves:", err)
	}
	ifr, err := unix.NewIfreq("out0")
	must("out0", err)
	ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		t.Skip("there is no way to watch what leaves:", err)
	}
	tun := os.NewFile(uintptr(fd), "out0") // only now, for until it is out0 polling it fails
	defer tun.Close()
	// The kernel's own greetings of IPv6 are not the program's.
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/out0/disable_ipv6", []byte("1"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no way to watch what leaves:", err)
	}
	must("the address of out0", withSocket(func(fd int) error {
		if err := ifr.SetInet4Addr([]byte{10, 99, 0, 1}); err != nil {
			return err
		}
		return unix.IoctlIfreq(fd, unix.SIOCSIFADDR, ifr)
	}))
	must("out0", interfaceUp("out0"))
	must("the default route", defaultRoute("out0"))

	// knock sends a packet out and returns those that came before it.
	knock := func(word string) (before []string) {
		c, err := net.Dial("udp4", "192.0.2.1:53")
		must("a packet", err)
		defer c.Close()
		_, err = c.Write([]byte(word))
		must("a packet", err)
		for buf := make([]byte, 4096); ; {
			n, err := tun.Read(buf)
			must("out0", err)
			if bytes.Contains(buf[:n], []byte(word)) {
				return before
			}
			before = append(before, fmt.Sprintf("%x", buf[:n]))
		}
	}
	if before := knock("the trap is set"); len(before) > 0 {
		t.Logf("before anything ran: %s", before)
	}

	dir := newTutor(t)
	s, err := startServer(program("up", dir, "-o", "jsonl", "--listen", "127.0.0.1:0"))
	must("suiren up", err)
	must("suiren up", s.serving()) // again, with the release
	for _, question := range []string{"3x+5=20", "How do I get an API key?", "密钥丢了怎么办？"} {
		status, b, err := send("POST", s.Address, "/v1/chat/completions", s.Key, `{"messages":[{"role":"user","content":"`+question+`"}]}`)
		must(question, err)
		if r, err := readAnswer(b); status != 200 || err != nil || r.Content+r.Reasoning == "" {
			t.Errorf("%s: %d %v %s", question, status, err, b)
		}
	}
	status, page, err := send("GET", s.Address, "/", "", "")
	if elsewhere := regexp.MustCompile(`(src|href)="(https?:)?//`); err != nil || status != 200 || elsewhere.Match(page) {
		t.Errorf("the page: %d %v %s", status, err, page)
	}
	must("suiren up", s.stop())
	if before := knock("the trap is shut"); len(before) > 0 {
		t.Errorf("%d packets tried to leave: %s", len(before), before)
	}
}

// withSocket lends a socket for ioctls.
func withSocket(f func(fd int) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return f(fd)
}

func interfaceUp(name string) error {
	return withSocket(func(fd int) error {
		ifr, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr); err != nil {
			return err
		}
		ifr.SetUint16(ifr.Uint16() | unix.IFF_UP)
		return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
	})
}

// defaultRoute sends all that is not for the loopback through an interface: a
// message of rtnetlink(7).
func defaultRoute(name string) error {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	const length = unix.SizeofNlMsghdr + unix.SizeofRtMsg + unix.SizeofRtAttr + 4
	b := make([]byte, length)
	order := binary.NativeEndian
	order.PutUint32(b, length)
	order.PutUint16(b[4:], unix.RTM_NEWROUTE)
	order.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_CREATE|unix.NLM_F_ACK)
	rt := b[unix.SizeofNlMsghdr:]
	rt[0], rt[4], rt[5], rt[6], rt[7] = unix.AF_INET, unix.RT_TABLE_MAIN, unix.RTPROT_STATIC, unix.RT_SCOPE_LINK, unix.RTN_UNICAST
	attr := rt[unix.SizeofRtMsg:]
	order.PutUint16(attr, unix.SizeofRtAttr+4)
	order.PutUint16(attr[2:], unix.RTA_OIF)
	order.PutUint32(attr[4:], uint32(link.Index))

	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	reply := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, reply, 0)
	if err != nil || n < unix.SizeofNlMsghdr+4 {
		return errors.Join(err, errors.New("no answer"))
	}
	if code := int32(order.Uint32(reply[unix.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}

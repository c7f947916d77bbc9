package main

// ep.go: a minimal WebRTC endpoint (ICE with host candidates, DTLS by pion/dtls,
// SRTP keys) built for load generation; what it receives is in rx.go.

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	mrand "math/rand"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/dtls/v2/pkg/crypto/selfsign"
	"github.com/pion/rtcp"
	"github.com/pion/srtp/v2"
	"github.com/pion/stun"
)

const (
	sysRecvmmsg     = 299
	soTimestampns   = 35
	soRcvbufForce   = 33
	soSndbufForce   = 32
	payloadTSOffset = 16 // offset of the timestamp block inside the RTP payload
	tsMagic         = 0x5aa5
)

var (
	sharedCert  tls.Certificate
	sharedFP    string
	profileList []dtls.SRTPProtectionProfile
)

func initCert() {
	c, err := selfsign.GenerateSelfSigned()
	if err != nil {
		log.Fatal(err)
	}
	sharedCert = c
	h := sha256.Sum256(c.Certificate[0])
	var sb []string
	for _, b := range h {
		sb = append(sb, strings.ToUpper(hex.EncodeToString([]byte{b})))
	}
	sharedFP = strings.Join(sb, ":")
}

func randString(n int) string {
	const s = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := make([]byte, n)
	rand.Read(b)
	for i := range b {
		b[i] = s[int(b[i])%len(s)]
	}
	return string(b)
}

type rxStream struct {
	ssrc     uint32
	pt       uint8
	lastSeq  uint16
	roc      uint32
	started  bool
	pub      int
	kind     int
	lastCtr  uint32
	firstCtr uint32 // window
	rx       uint64 // window
	rxTotal  uint64
	bad      uint64
	maxSeq   uint32
	key      uint64 // pub<<1|kind
}

type Endpoint struct {
	name                   string
	fd                     int
	port                   int
	localUfrag, localPwd   string
	remoteUfrag, remotePwd string
	controlling            bool
	tiebreak               uint64
	mu                     sync.Mutex
	cands                  []*syscall.SockaddrInet4
	raddr                  atomic.Value // *syscall.SockaddrInet4
	connected              chan struct{}
	connOnce               sync.Once
	closed                 int32
	dtlsIn                 chan []byte
	done                   chan struct{}
	doneOnce               sync.Once
	dconn                  *dtls.Conn
	dtlsClient             bool
	ready                  int32
	readyCh                chan error
	sendMu                 sync.Mutex
	sendCtx, recvCtx       *srtp.Context
	blk                    cipher.Block
	salt                   [16]byte
	gcm                    bool
	profile                string
	streams                map[uint32]*rxStream
	last                   *rxStream
	streamList             []*rxStream
	onRTCP                 func([]rtcp.Packet)
	encbuf                 []byte
	mySSRC                 uint32
	isSub                  bool
	subIdx                 int
	onlyPub                int
	delFn                  func()
	ivb, ksb               [16]byte
	lastRemote             syscall.SockaddrInet4
}

var (
	epfd     int
	eps      = map[int]*Endpoint{}
	epsMu    sync.RWMutex
	localIP4 [4]byte
)

func newEndpoint(name string) *Endpoint {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: localIP4}); err != nil {
		log.Fatal(err)
	}
	sa, _ := syscall.Getsockname(fd)
	if syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soRcvbufForce, 4<<20) != nil {
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<20)
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soSndbufForce, 4<<20)
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soTimestampns, 1)
	e := &Endpoint{
		name: name, fd: fd, port: sa.(*syscall.SockaddrInet4).Port,
		localUfrag: randString(8), localPwd: randString(24),
		tiebreak: mrand.Uint64(), connected: make(chan struct{}),
		dtlsIn: make(chan []byte, 64), done: make(chan struct{}), readyCh: make(chan error, 1),
		streams: map[uint32]*rxStream{}, encbuf: make([]byte, 0, 2048),
		mySSRC: mrand.Uint32() | 1, onlyPub: -1,
	}
	epsMu.Lock()
	eps[fd] = e
	epsMu.Unlock()
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	if err := syscall.EpollCtl(epfd, syscall.EPOLL_CTL_ADD, fd, &ev); err != nil {
		log.Fatal(err)
	}
	return e
}

func (e *Endpoint) addCand(line string) {
	// candidate:foundation comp udp prio ip port typ host
	f := strings.Fields(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "a="), "candidate:"))
	if len(f) < 6 || strings.ToLower(f[2]) != "udp" || f[1] != "1" {
		return
	}
	ip := net.ParseIP(f[4])
	if ip == nil || ip.To4() == nil {
		return
	}
	var port int
	fmt.Sscanf(f[5], "%d", &port)
	sa := &syscall.SockaddrInet4{Port: port}
	copy(sa.Addr[:], ip.To4())
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.cands {
		if *c == *sa {
			return
		}
	}
	e.cands = append(e.cands, sa)
}

// start begins ICE checks and DTLS once the remote description is known.
func (e *Endpoint) start(rd *remoteDesc, controlling, dtlsClient bool) {
	e.mu.Lock()
	e.remoteUfrag, e.remotePwd = rd.ufrag, rd.pwd
	e.controlling = controlling || rd.lite
	e.dtlsClient = dtlsClient
	e.mu.Unlock()
	for _, c := range rd.cands {
		e.addCand(c)
	}
	go e.iceLoop()
	go e.dtlsRun()
}

func (e *Endpoint) iceLoop() {
	for i := 0; atomic.LoadInt32(&e.closed) == 0; i++ {
		if ra, _ := e.raddr.Load().(*syscall.SockaddrInet4); ra != nil {
			e.sendCheck(ra)
			time.Sleep(4 * time.Second)
			continue
		}
		e.mu.Lock()
		cs := append([]*syscall.SockaddrInet4{}, e.cands...)
		e.mu.Unlock()
		for _, c := range cs {
			e.sendCheck(c)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (e *Endpoint) sendCheck(to *syscall.SockaddrInet4) {
	var tb [8]byte
	binary.BigEndian.PutUint64(tb[:], e.tiebreak)
	prio := []byte{0x6e, 0xff, 0xff, 0xff}
	setters := []stun.Setter{
		stun.TransactionID, stun.BindingRequest,
		stun.NewUsername(e.remoteUfrag + ":" + e.localUfrag),
		stun.RawAttribute{Type: stun.AttrPriority, Value: prio},
	}
	if e.controlling {
		setters = append(setters, stun.RawAttribute{Type: stun.AttrICEControlling, Value: tb[:]},
			stun.RawAttribute{Type: stun.AttrUseCandidate})
	} else {
		setters = append(setters, stun.RawAttribute{Type: stun.AttrICEControlled, Value: tb[:]})
	}
	setters = append(setters, stun.NewShortTermIntegrity(e.remotePwd), stun.Fingerprint)
	m, err := stun.Build(setters...)
	if err != nil {
		return
	}
	syscall.Sendto(e.fd, m.Raw, 0, to)
}

func (e *Endpoint) handleSTUN(b []byte, from *syscall.SockaddrInet4) {
	m := &stun.Message{Raw: append([]byte{}, b...)}
	if m.Decode() != nil {
		return
	}
	switch m.Type {
	case stun.BindingRequest:
		ip := net.IPv4(from.Addr[0], from.Addr[1], from.Addr[2], from.Addr[3])
		r, err := stun.Build(m, stun.BindingSuccess,
			&stun.XORMappedAddress{IP: ip, Port: from.Port},
			stun.NewShortTermIntegrity(e.localPwd), stun.Fingerprint)
		if err == nil {
			syscall.Sendto(e.fd, r.Raw, 0, from)
		}
		if !e.controlling && m.Contains(stun.AttrUseCandidate) {
			f := *from
			if e.raddr.Load() == nil {
				e.raddr.Store(&f)
			}
			e.connOnce.Do(func() { close(e.connected) })
		}
	case stun.BindingSuccess:
		f := *from
		if e.raddr.Load() == nil && e.controlling {
			e.raddr.Store(&f)
			e.connOnce.Do(func() { close(e.connected) })
		}
	}
}

// dtlsPipe adapts the endpoint to net.Conn for pion/dtls.
type dtlsPipe struct{ e *Endpoint }

func (p dtlsPipe) Read(b []byte) (int, error) {
	select {
	case d := <-p.e.dtlsIn:
		return copy(b, d), nil
	case <-p.e.done:
		return 0, io.EOF
	}
}
func (p dtlsPipe) Write(b []byte) (int, error) {
	ra, _ := p.e.raddr.Load().(*syscall.SockaddrInet4)
	if ra == nil {
		return 0, errors.New("no remote")
	}
	if err := syscall.Sendto(p.e.fd, b, 0, ra); err != nil {
		return 0, err
	}
	return len(b), nil
}
func (p dtlsPipe) Close() error                       { p.e.doneOnce.Do(func() { close(p.e.done) }); return nil }
func (p dtlsPipe) LocalAddr() net.Addr                { return &net.UDPAddr{} }
func (p dtlsPipe) RemoteAddr() net.Addr               { return &net.UDPAddr{} }
func (p dtlsPipe) SetDeadline(t time.Time) error      { return nil }
func (p dtlsPipe) SetReadDeadline(t time.Time) error  { return nil }
func (p dtlsPipe) SetWriteDeadline(t time.Time) error { return nil }

func (e *Endpoint) dtlsRun() {
	select {
	case <-e.connected:
	case <-time.After(20 * time.Second):
		e.readyCh <- fmt.Errorf("%s: ICE timeout", e.name)
		return
	}
	cfg := &dtls.Config{
		Certificates:           []tls.Certificate{sharedCert},
		SRTPProtectionProfiles: profileList,
		ClientAuth:             dtls.RequireAnyClientCert,
		InsecureSkipVerify:     true,
		ExtendedMasterSecret:   dtls.RequestExtendedMasterSecret,
		ConnectContextMaker: func() (context.Context, func()) {
			return context.WithTimeout(context.Background(), 25*time.Second)
		},
	}
	var err error
	if e.dtlsClient {
		e.dconn, err = dtls.Client(dtlsPipe{e}, cfg)
	} else {
		e.dconn, err = dtls.Server(dtlsPipe{e}, cfg)
	}
	if err != nil {
		e.readyCh <- fmt.Errorf("%s: DTLS: %w", e.name, err)
		return
	}
	go func() { // drain app data / alerts
		b := make([]byte, 2048)
		for {
			if _, err := e.dconn.Read(b); err != nil {
				if atomic.LoadInt32(&e.closed) == 0 && debug {
					log.Printf("%s: dtls closed: %v", e.name, err)
				}
				return
			}
		}
	}()
	prof, ok := e.dconn.SelectedSRTPProtectionProfile()
	if !ok {
		e.readyCh <- fmt.Errorf("%s: no SRTP profile", e.name)
		return
	}
	var sp srtp.ProtectionProfile
	switch prof {
	case dtls.SRTP_AEAD_AES_128_GCM:
		sp, e.gcm, e.profile = srtp.ProtectionProfileAeadAes128Gcm, true, "GCM128"
	case dtls.SRTP_AES128_CM_HMAC_SHA1_80:
		sp, e.profile = srtp.ProtectionProfileAes128CmHmacSha1_80, "CM128_SHA1_80"
	default:
		e.readyCh <- fmt.Errorf("%s: profile %v", e.name, prof)
		return
	}
	sc := &srtp.Config{Profile: sp}
	st := e.dconn.ConnectionState()
	if err := sc.ExtractSessionKeysFromDTLS(&st, e.dtlsClient); err != nil {
		e.readyCh <- err
		return
	}
	e.sendCtx, err = srtp.CreateContext(sc.Keys.LocalMasterKey, sc.Keys.LocalMasterSalt, sp)
	if err != nil {
		e.readyCh <- err
		return
	}
	e.recvCtx, err = srtp.CreateContext(sc.Keys.RemoteMasterKey, sc.Keys.RemoteMasterSalt, sp)
	if err != nil {
		e.readyCh <- err
		return
	}
	// session key and salt for the one-block fast path
	mb, _ := aes.NewCipher(sc.Keys.RemoteMasterKey)
	derive := func(label byte) (o [16]byte) {
		var x [16]byte
		copy(x[:14], sc.Keys.RemoteMasterSalt)
		x[7] ^= label
		mb.Encrypt(o[:], x[:])
		return
	}
	sk := derive(0)
	e.salt = derive(2)
	e.blk, _ = aes.NewCipher(sk[:])
	atomic.StoreInt32(&e.ready, 1)
	e.readyCh <- nil
}

func (e *Endpoint) waitReady(d time.Duration) error {
	select {
	case err := <-e.readyCh:
		return err
	case <-time.After(d):
		return fmt.Errorf("%s: timeout waiting for media path", e.name)
	}
}

func (e *Endpoint) close() {
	if !atomic.CompareAndSwapInt32(&e.closed, 0, 1) {
		return
	}
	if e.delFn != nil {
		e.delFn()
	}
	if e.dconn != nil {
		e.dconn.Close()
	}
	dtlsPipe{e}.Close()
	epsMu.Lock()
	delete(eps, e.fd)
	epsMu.Unlock()
	syscall.EpollCtl(epfd, syscall.EPOLL_CTL_DEL, e.fd, nil)
	syscall.Close(e.fd)
}

// sendRTP encrypts and sends one RTP packet (called from the publisher thread).
func (e *Endpoint) sendRTP(pkt []byte) error {
	ra, _ := e.raddr.Load().(*syscall.SockaddrInet4)
	out, err := e.sendCtx.EncryptRTP(e.encbuf[:cap(e.encbuf)], pkt, nil)
	if err != nil {
		return err
	}
	return syscall.Sendto(e.fd, out, 0, ra)
}

func (e *Endpoint) sendRTCP(pkts []rtcp.Packet) {
	if atomic.LoadInt32(&e.ready) == 0 {
		return
	}
	raw, err := rtcp.Marshal(pkts)
	if err != nil {
		return
	}
	ra, _ := e.raddr.Load().(*syscall.SockaddrInet4)
	e.sendMu.Lock()
	out, err := e.sendCtx.EncryptRTCP(nil, raw, nil)
	e.sendMu.Unlock()
	if err == nil {
		syscall.Sendto(e.fd, out, 0, ra)
	}
}

func init() {
	log.SetOutput(os.Stderr)
	log.SetFlags(log.Ltime | log.Lmicroseconds)
}

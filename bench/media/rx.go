package main

// rx.go: the receiving half. One thread drains every socket with recvmmsg and
// takes latency from the kernel's receive time and the stamp in the payload.

import (
	"encoding/binary"
	"log"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/pion/rtcp"
)

type mmsghdr struct {
	hdr syscall.Msghdr
	n   uint32
	_   [4]byte
}

const (
	batch  = 64
	bufSz  = 1600
	ctlSz  = 64
	nBuck  = 64 * 32
	minLat = 1000 // ns
)

type rxStats struct {
	mu       sync.Mutex
	hist     [2][nBuck]uint64
	pkts     uint64
	bytes    uint64
	pktKind  [2]uint64
	verified uint64
	authFail uint64
	unparsed uint64
	rtcpIn   uint64
	wakes    uint64
	maxLat   int64
	nacks    uint64
}

var rxs rxStats

func bucket(ns int64) int {
	if ns < 0 {
		ns = 0
	}
	u := uint64(ns)
	if u < 32 {
		return int(u)
	}
	l := 63
	for u>>uint(l) == 0 {
		l--
	}
	return (l-4)*32 + int((u>>uint(l-5))&31)
}

func bucketVal(i int) float64 {
	if i < 32 {
		return float64(i)
	}
	l := i/32 + 4
	return float64(uint64(32+i%32)<<uint(l-5)) + float64(uint64(1)<<uint(l-5))/2
}

func rxLoop(sleep time.Duration) {
	runtime.LockOSThread()
	var hdrs [batch]mmsghdr
	var iovs [batch]syscall.Iovec
	var names [batch]syscall.RawSockaddrInet4
	bufs := make([]byte, batch*bufSz)
	ctls := make([]byte, batch*ctlSz)
	for i := range hdrs {
		iovs[i].Base = &bufs[i*bufSz]
		iovs[i].SetLen(bufSz)
		hdrs[i].hdr.Iov = &iovs[i]
		hdrs[i].hdr.Iovlen = 1
		hdrs[i].hdr.Name = (*byte)(unsafe.Pointer(&names[i]))
		hdrs[i].hdr.Control = &ctls[i*ctlSz]
	}
	evs := make([]syscall.EpollEvent, 512)
	ts := syscall.NsecToTimespec(int64(sleep))
	for {
		n, err := syscall.EpollWait(epfd, evs, -1)
		if err != nil {
			if err == syscall.EINTR {
				continue
			}
			log.Fatal("epoll_wait: ", err)
		}
		rxs.mu.Lock()
		rxs.wakes++
		for i := 0; i < n; i++ {
			fd := int(evs[i].Fd)
			epsMu.RLock()
			e := eps[fd]
			epsMu.RUnlock()
			if e == nil {
				continue
			}
			for {
				for j := range hdrs {
					hdrs[j].hdr.Namelen = syscall.SizeofSockaddrInet4
					hdrs[j].hdr.Controllen = ctlSz
				}
				r, _, eno := syscall.RawSyscall6(sysRecvmmsg, uintptr(fd), uintptr(unsafe.Pointer(&hdrs[0])), batch, syscall.MSG_DONTWAIT, 0, 0)
				if eno != 0 {
					break
				}
				for j := 0; j < int(r); j++ {
					var t int64
					c := ctls[j*ctlSz:]
					if hdrs[j].hdr.Controllen >= 32 {
						t = int64(binary.LittleEndian.Uint64(c[16:]))*1e9 + int64(binary.LittleEndian.Uint64(c[24:]))
					}
					e.handle(bufs[j*bufSz:j*bufSz+int(hdrs[j].n)], t, &names[j])
				}
				if int(r) < batch {
					break
				}
			}
		}
		rxs.mu.Unlock()
		if sleep > 0 {
			syscall.Nanosleep(&ts, nil)
		}
	}
}

var verifyEvery uint64 = 64
var rawCount bool

func (e *Endpoint) handle(b []byte, t int64, name *syscall.RawSockaddrInet4) {
	if len(b) < 4 {
		return
	}
	switch {
	case b[0] < 4:
		from := syscall.SockaddrInet4{Addr: name.Addr}
		p := (*[2]byte)(unsafe.Pointer(&name.Port))
		from.Port = int(p[0])<<8 | int(p[1])
		e.handleSTUN(b, &from)
	case b[0] >= 20 && b[0] < 64:
		select {
		case e.dtlsIn <- append([]byte{}, b...):
		default:
		}
	case b[0] >= 128 && b[0] < 192:
		if atomic.LoadInt32(&e.ready) == 0 {
			return
		}
		if b[1] >= 192 && b[1] <= 223 {
			rxs.rtcpIn++
			e.handleRTCP(b)
			return
		}
		if len(b) < 12 {
			return
		}
		e.handleRTP(b, t)
	}
}

func (e *Endpoint) handleRTCP(b []byte) {
	out, err := e.recvCtx.DecryptRTCP(nil, b, nil)
	if err != nil {
		rxs.authFail++
		return
	}
	pk, err := rtcp.Unmarshal(out)
	if err == nil && e.onRTCP != nil {
		e.onRTCP(pk)
	}
}

func (e *Endpoint) handleRTP(b []byte, t int64) {
	ssrc := binary.BigEndian.Uint32(b[8:])
	seq := binary.BigEndian.Uint16(b[2:])
	s := e.last
	if s == nil || s.ssrc != ssrc {
		s = e.streams[ssrc]
		if s == nil {
			s = &rxStream{ssrc: ssrc, pt: b[1] & 0x7f, pub: -1, kind: -1}
			e.streams[ssrc] = s
			e.mu.Lock()
			e.streamList = append(e.streamList, s)
			e.mu.Unlock()
		}
		e.last = s
	}
	roc := s.roc
	if !s.started {
		s.started = true
		s.lastSeq = seq
	} else {
		d := int16(seq - s.lastSeq)
		if d > 0 {
			if seq < s.lastSeq {
				s.roc++
				roc = s.roc
			}
			s.lastSeq = seq
		} else if d < 0 && seq > s.lastSeq && roc > 0 {
			roc--
		}
	}
	s.rxTotal++
	if rawCount {
		rxs.pkts++
		rxs.bytes += uint64(len(b))
		s.rx++
		if s.pt == 96 {
			s.kind = 1
		}
		return
	}
	off := 12 + 4*int(b[0]&15)
	if b[0]&0x10 != 0 {
		if len(b) < off+4 {
			return
		}
		off += 4 + 4*int(binary.BigEndian.Uint16(b[off+2:]))
	}
	tag := 10
	if e.gcm {
		tag = 16
	}
	if len(b) < off+payloadTSOffset+16+tag {
		rxs.unparsed++
		return
	}
	iv := &e.ivb
	if e.gcm {
		*iv = [16]byte{}
		copy(iv[:12], e.salt[:12])
		iv[2] ^= b[8]
		iv[3] ^= b[9]
		iv[4] ^= b[10]
		iv[5] ^= b[11]
		iv[6] ^= byte(roc >> 24)
		iv[7] ^= byte(roc >> 16)
		iv[8] ^= byte(roc >> 8)
		iv[9] ^= byte(roc)
		iv[10] ^= b[2]
		iv[11] ^= b[3]
		iv[15] = 2 + payloadTSOffset/16
	} else {
		copy(iv[:14], e.salt[:14])
		iv[14] = 0
		iv[15] = payloadTSOffset / 16
		iv[4] ^= b[8]
		iv[5] ^= b[9]
		iv[6] ^= b[10]
		iv[7] ^= b[11]
		iv[8] ^= byte(roc >> 24)
		iv[9] ^= byte(roc >> 16)
		iv[10] ^= byte(roc >> 8)
		iv[11] ^= byte(roc)
		iv[12] ^= b[2]
		iv[13] ^= b[3]
	}
	e.blk.Encrypt(e.ksb[:], iv[:])
	p := b[off+payloadTSOffset : off+payloadTSOffset+16]
	sent := int64(binary.LittleEndian.Uint64(e.ksb[0:]) ^ binary.LittleEndian.Uint64(p[0:]))
	ctr := binary.LittleEndian.Uint32(e.ksb[8:]) ^ binary.LittleEndian.Uint32(p[8:])
	id := binary.LittleEndian.Uint32(e.ksb[12:]) ^ binary.LittleEndian.Uint32(p[12:])
	if id>>16 != tsMagic {
		rxs.unparsed++
		s.bad++
		if debug && s.bad < 3 {
			log.Printf("%s: bad magic ssrc=%d seq=%d pt=%d len=%d", e.name, ssrc, seq, b[1]&0x7f, len(b))
		}
		return
	}
	pub, kind := int(id>>1&0x7fff), int(id&1)
	s.pub, s.kind = pub, kind
	rxs.pkts++
	rxs.pktKind[kind]++
	rxs.bytes += uint64(len(b))
	if s.rx == 0 {
		s.firstCtr = ctr
		s.lastCtr = ctr
	}
	s.rx++
	if ctr > s.lastCtr {
		s.lastCtr = ctr
	}
	if t != 0 {
		l := t - sent
		rxs.hist[kind][bucket(l)]++
		if l > rxs.maxLat {
			rxs.maxLat = l
		}
	}
	if s.rxTotal%verifyEvery == 1 {
		if _, err := e.recvCtx.DecryptRTP(nil, b, nil); err != nil {
			rxs.authFail++
			if debug {
				log.Printf("%s: auth: %v", e.name, err)
			}
		} else {
			rxs.verified++
		}
	}
}

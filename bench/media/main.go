package main

// loadgen: P publishers (one Opus-sized audio and one VP8-like video stream
// each) and S subscribers of every stream, against an SFU on this machine.

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	rdebug "runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/dtls/v2"
)

type Driver interface {
	Publish(p *pubMedia) error
	Subscribe(idx, pairs int) ([]*Endpoint, error)
	Close()
}

var debugFlag = flag.Bool("debug", false, "verbose")
var debug2 = rdebug.SetGCPercent

var debug = false

func main() {
	P := flag.Int("p", 2, "publishers")
	S := flag.Int("s", 4, "subscribers")
	slots := flag.Int("slots", 0, "audio and video pairs each subscriber asks for (0: one per publisher)")
	S2 := flag.Int("s2", 0, "more subscribers, of another kind")
	slots2 := flag.Int("slots2", 1, "pairs each of those asks for")
	dur := flag.Duration("t", 20*time.Second, "measured window")
	warm := flag.Duration("warm", 3*time.Second, "warm-up before the window")
	drv := flag.String("driver", "janus", "janus|whip")
	urlF := flag.String("url", "", "janus: ws://127.0.0.1:8188/")
	room := flag.String("room", "1234", "janus room")
	whip := flag.String("whip", "", "WHIP URL, {pub} replaced")
	whep := flag.String("whep", "", "WHEP URL, {pub} (one session per publisher) and {sub} replaced")
	token := flag.String("token", "", "bearer token")
	ip := flag.String("ip", "127.0.0.1", "local media address")
	pids := flag.String("pid", "", "server pids (comma separated; children included)")
	par := flag.Int("par", 4, "subscribers joining in parallel")
	prof := flag.String("srtp", "both", "both|gcm|cm: SRTP profiles offered in DTLS")
	jsonOut := flag.String("json", "", "append a JSON line here")
	label := flag.String("label", "", "label")
	abytes := flag.Int("abytes", 80, "audio payload bytes (>=32)")
	vbytes := flag.Int("vbytes", 1100, "video payload bytes")
	vpps := flag.Float64("vpps", 136, "video packets per second")
	fps := flag.Int("fps", 30, "frames per second")
	chunk := flag.Int("chunk", 2, "packets of a frame sent back to back")
	gap := flag.Duration("gap", 5*time.Millisecond, "gap between chunks of a frame")
	noVideo := flag.Bool("novideo", false, "audio only")
	raw := flag.Bool("raw", false, "count every RTP packet, stamped by loadgen or not (foreign publishers)")
	nsrc := flag.Int("nsrc", 0, "with -p 0: number of foreign publishers (audio+video pairs to ask for)")
	rxSleep := flag.Duration("rxsleep", 2*time.Millisecond, "receiver coalescing sleep")
	flag.Parse()
	debug = *debugFlag
	if *slots == 0 {
		*slots = *P + *nsrc
	}
	debug2(400)
	rawCount = *raw
	a := net.ParseIP(*ip).To4()
	copy(localIP4[:], a)
	initCert()
	switch *prof {
	case "gcm":
		profileList = []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}
	case "cm":
		profileList = []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80}
	default:
		profileList = []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM}
	}
	var err error
	epfd, err = syscall.EpollCreate1(0)
	if err != nil {
		log.Fatal(err)
	}
	go rxLoop(*rxSleep)

	var d Driver
	switch *drv {
	case "janus":
		r, _ := strconv.Atoi(*room)
		d, err = newJanus(*urlF, r)
	case "whip":
		d = newWhip(*whip, *whep, *token, *P+*nsrc)
	}
	if err != nil {
		log.Fatal(err)
	}
	var pidList []int
	for _, s := range strings.Split(*pids, ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
			pidList = append(pidList, n)
		}
	}
	cfg := &mediaCfg{*abytes, *vbytes, *vpps, *fps, *chunk, *gap}
	var pubs []*pubMedia
	var subs []*Endpoint
	var smu sync.Mutex
	cleanup := func() {
		smu.Lock()
		for _, e := range subs {
			e.close()
		}
		smu.Unlock()
		for _, p := range pubs {
			e := p.e
			e.close()
		}
		d.Close()
	}
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, os.Interrupt, syscall.SIGTERM)
	go func() { <-sig; cleanup(); os.Exit(1) }()

	t0 := time.Now()
	for i := 0; i < *P; i++ {
		p := newPub(newEndpoint(fmt.Sprintf("pub%d", i)), i, cfg)
		pubs = append(pubs, p)
	}
	for _, p := range pubs {
		if err := d.Publish(p); err != nil {
			log.Fatalf("publish %d: %v", p.idx, err)
		}
		atomic.StoreInt32(&p.active, 1)
	}
	go pubLoop(pubs, cfg, *noVideo)
	go rtcpLoop(pubs, func() []*Endpoint { smu.Lock(); defer smu.Unlock(); return append([]*Endpoint{}, subs...) }, time.Second)
	time.Sleep(500 * time.Millisecond)
	var wg sync.WaitGroup
	sem := make(chan struct{}, *par)
	var fails int32
	for i := 0; i < *S+*S2; i++ {
		wg.Add(1)
		sem <- struct{}{}
		pairs := *slots
		if i >= *S {
			pairs = *slots2
		}
		go func(i int) {
			defer wg.Done()
			defer func() { <-sem }()
			es, err := d.Subscribe(i, pairs)
			smu.Lock()
			subs = append(subs, es...)
			smu.Unlock()
			if err != nil {
				atomic.AddInt32(&fails, 1)
				log.Printf("subscribe %d: %v", i, err)
			}
		}(i)
	}
	wg.Wait()
	setup := time.Since(t0)
	log.Printf("set up %d pubs, %d subs in %.1fs (%d failed)", *P, *S, setup.Seconds(), fails)
	time.Sleep(*warm)

	// ---- window ----
	self := []int{os.Getpid()}
	rxs.mu.Lock()
	rxs.hist = [2][nBuck]uint64{}
	rxs.pkts, rxs.bytes, rxs.pktKind, rxs.verified, rxs.authFail, rxs.unparsed, rxs.rtcpIn, rxs.wakes, rxs.maxLat, rxs.nacks = 0, 0, [2]uint64{}, 0, 0, 0, 0, 0, 0, 0
	for _, e := range subs {
		for _, s := range e.streams {
			s.rx = 0
		}
	}
	rxs.mu.Unlock()
	u0, s0, n0 := treeCPU(pidList)
	_, _, g0 := treeCPU(self)
	b0, i0, st0, _ := sysCPU()
	w0 := time.Now()
	var sent0 [2]uint64
	for _, p := range pubs {
		sent0[0] += atomic.LoadUint64(&p.sentA)
		sent0[1] += atomic.LoadUint64(&p.sentV)
	}
	time.Sleep(*dur)
	rxs.mu.Lock()
	el := time.Since(w0).Seconds()
	u1, s1, n1 := treeCPU(pidList)
	_, _, g1 := treeCPU(self)
	b1, i1, st1, _ := sysCPU()
	var sent [2]uint64
	var kreq uint64
	for _, p := range pubs {
		sent[0] += atomic.LoadUint64(&p.sentA)
		sent[1] += atomic.LoadUint64(&p.sentV)
		kreq += p.keyReqs
	}
	sent[0] -= sent0[0]
	sent[1] -= sent0[1]
	var gaps, got uint64
	type pk struct{ s, p, k int }
	seen := map[pk]bool{}
	for _, e := range subs {
		for _, s := range e.streams {
			if s.rx == 0 || s.pub < 0 {
				continue
			}
			seen[pk{e.subIdx, s.pub, s.kind}] = true
			exp := uint64(s.lastCtr-s.firstCtr) + 1
			got += s.rx
			if exp > s.rx {
				gaps += exp - s.rx
			}
		}
	}
	shown := *S*min(*slots, *P+*nsrc) + *S2*min(*slots2, *P+*nsrc) // pairs that all of them see
	want := shown * 2
	if *noVideo {
		want = shown
	}
	h := rxs.hist
	pkts, bytes := rxs.pkts, rxs.bytes
	kinds := rxs.pktKind
	ver, af, unp, rin, wakes, maxLat := rxs.verified, rxs.authFail, rxs.unparsed, rxs.rtcpIn, rxs.wakes, rxs.maxLat
	rxs.mu.Unlock()
	pct := func(q float64, ks ...int) float64 {
		var tot uint64
		for _, k := range ks {
			for _, v := range h[k] {
				tot += v
			}
		}
		var c uint64
		for i := 0; i < nBuck; i++ {
			for _, k := range ks {
				c += h[k][i]
			}
			if tot > 0 && float64(c) >= q*float64(tot) {
				return bucketVal(i) / 1e6
			}
		}
		return 0
	}
	rss, th := rssMB(pidList)
	cpuS := float64(u1-u0+s1-s0) / 100
	per := func(x float64) float64 {
		if pkts == 0 {
			return 0
		}
		return x * 1e6 / float64(pkts)
	}
	profName := ""
	if len(subs) > 0 {
		profName = subs[0].profile
	}
	res := map[string]interface{}{
		"label": *label, "driver": *drv, "P": *P, "S": *S, "srtp": profName, "secs": el,
		"setup_s": setup.Seconds(), "sub_fail": fails,
		"pkts": pkts, "pps": float64(pkts) / el, "mbps": float64(bytes) * 8 / el / 1e6,
		"audio_pkts": kinds[0], "video_pkts": kinds[1], "sent": sent,
		"cpu_s": cpuS, "cpu_user_s": float64(u1-u0) / 100, "cpu_sys_s": float64(s1-s0) / 100, "cores": cpuS / el,
		"us_pkt": per(cpuS), "us_pkt_sched": per(float64(n1-n0) / 1e9), "us_pkt_user": per(float64(u1-u0) / 100), "us_pkt_sys": per(float64(s1-s0) / 100),
		"gen_us_pkt": per(float64(g1-g0) / 1e9), "gen_cores": float64(g1-g0) / 1e9 / el,
		"sys_busy_cores": float64(b1-b0) / 100 / el, "sirq_cores": float64(i1-i0) / 100 / el, "steal_cores": float64(st1-st0) / 100 / el,
		"rss_mb": rss, "threads": th, "loss_gap": gaps, "loss_pct": 100 * float64(gaps) / float64(gaps+got+1),
		"delivered_pct":   100 * float64(pkts) / (float64(sent[0]+sent[1])*float64(shown)/float64(max(*P, 1)) + 1e-9),
		"streams_missing": want - len(seen),
		"lat_p50_ms":      pct(.5, 0, 1), "lat_p90_ms": pct(.9, 0, 1), "lat_p99_ms": pct(.99, 0, 1), "lat_p999_ms": pct(.999, 0, 1), "lat_max_ms": float64(maxLat) / 1e6,
		"lat_a_p99_ms": pct(.99, 0), "lat_v_p99_ms": pct(.99, 1),
		"verified": ver, "auth_fail": af, "unparsed": unp, "rtcp_in": rin, "rx_wakes": wakes, "key_reqs": kreq,
	}
	j, _ := json.Marshal(res)
	if *jsonOut != "" {
		f, err := os.OpenFile(*jsonOut, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			f.Write(append(j, '\n'))
			f.Close()
		}
	}
	fmt.Printf("%s %dx%d %s pps=%.0f Mbps=%.1f | server us/pkt=%.2f (user %.2f sys %.2f; sched %.2f) cores=%.3f rss=%.1fMB thr=%d | gen us/pkt=%.2f cores=%.3f | busy=%.2f sirq=%.3f steal=%.3f | loss=%.4f%% deliv=%.2f%% missing=%d | lat ms p50=%.3f p90=%.3f p99=%.3f p99.9=%.3f max=%.2f | ver=%d authfail=%d unp=%d rtcp=%d keyreq=%d\n",
		*label, *P, *S, profName, float64(pkts)/el, float64(bytes)*8/el/1e6, per(cpuS), per(float64(u1-u0)/100), per(float64(s1-s0)/100), per(float64(n1-n0)/1e9), cpuS/el, rss, th,
		per(float64(g1-g0)/1e9), float64(g1-g0)/1e9/el, float64(b1-b0)/100/el, float64(i1-i0)/100/el, float64(st1-st0)/100/el,
		100*float64(gaps)/float64(gaps+got+1), res["delivered_pct"], want-len(seen), res["lat_p50_ms"], res["lat_p90_ms"], res["lat_p99_ms"], res["lat_p999_ms"], res["lat_max_ms"], ver, af, unp, rin, kreq)
	cleanup()
}

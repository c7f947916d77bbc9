package main

// WHIP publish / WHEP subscribe: POST an SDP offer, 201 with the SDP answer and
// a Location; DELETE that to end.

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

type whipDriver struct {
	whip, whep, token string
	npub              int
	hc                *http.Client
}

func newWhip(whip, whep, token string, npub int) *whipDriver {
	return &whipDriver{whip: whip, whep: whep, token: token, npub: npub, hc: &http.Client{Timeout: 30 * time.Second}}
}

func (d *whipDriver) post(u, sdp string) (string, string, error) {
	req, _ := http.NewRequest("POST", u, strings.NewReader(sdp))
	req.Header.Set("Content-Type", "application/sdp")
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
	r, err := d.hc.Do(req)
	if err != nil {
		return "", "", err
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	if r.StatusCode != 201 {
		return "", "", fmt.Errorf("POST %s: %s: %.200s", u, r.Status, b)
	}
	base, _ := url.Parse(u)
	loc, err := base.Parse(r.Header.Get("Location"))
	if err != nil {
		return "", "", err
	}
	return string(b), loc.String(), nil
}

func (d *whipDriver) del(loc string) {
	req, _ := http.NewRequest("DELETE", loc, nil)
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
	if r, err := d.hc.Do(req); err == nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
}

func fill(t string, pub, sub int) string {
	return strings.ReplaceAll(strings.ReplaceAll(t, "{pub}", strconv.Itoa(pub)), "{sub}", strconv.Itoa(sub))
}

func (d *whipDriver) finish(e *Endpoint, ans, loc string) error {
	r := parseSDP(ans)
	e.delFn = func() { d.del(loc) }
	// answerer "active" means it is the DTLS client
	e.start(r, true, r.setup != "active")
	return e.waitReady(25 * time.Second)
}

func (d *whipDriver) Publish(p *pubMedia) error {
	ans, loc, err := d.post(fill(d.whip, p.idx, 0), p.e.pubOffer(p.aSSRC, p.vSSRC, fmt.Sprintf("p%d", p.idx)))
	if err != nil {
		return err
	}
	return d.finish(p.e, ans, loc)
}

// Subscribe opens one WHEP session with all streams, or one per publisher when
// the URL contains {pub}.
func (d *whipDriver) Subscribe(idx, pairs int) ([]*Endpoint, error) {
	var out []*Endpoint
	one := func(pub, n int) error {
		e := newEndpoint(fmt.Sprintf("sub%d.%d", idx, pub))
		e.isSub, e.subIdx = true, idx
		ans, loc, err := d.post(fill(d.whep, pub, idx), e.recvOffer(n))
		if err != nil {
			return err
		}
		out = append(out, e)
		return d.finish(e, ans, loc)
	}
	if strings.Contains(d.whep, "{pub}") {
		for i := 0; i < d.npub; i++ {
			if err := one(i, 1); err != nil {
				return out, err
			}
		}
		return out, nil
	}
	return out, one(0, pairs)
}

func (d *whipDriver) Close() {}

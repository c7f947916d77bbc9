package main

// Janus VideoRoom over its WebSocket API (multistream, Janus >= 1.0).

import (
	"encoding/json"
	"fmt"
	"log"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

type jmsg map[string]interface{}

type janusDriver struct {
	url    string
	room   int
	ws     *websocket.Conn
	wmu    sync.Mutex
	mu     sync.Mutex
	tx     map[string]chan jmsg
	sess   int64
	privID int64
	feeds  []int64
	feedMu sync.Mutex
	closed bool
}

func newJanus(u string, room int) (*janusDriver, error) {
	dl := websocket.Dialer{Subprotocols: []string{"janus-protocol"}}
	ws, _, err := dl.Dial(u, nil)
	if err != nil {
		return nil, err
	}
	d := &janusDriver{url: u, room: room, ws: ws, tx: map[string]chan jmsg{}}
	go d.readLoop()
	r, err := d.req(jmsg{"janus": "create"}, false)
	if err != nil {
		return nil, err
	}
	d.sess = num(r["data"].(map[string]interface{})["id"])
	go func() {
		for !d.closed {
			time.Sleep(20 * time.Second)
			d.send(jmsg{"janus": "keepalive", "session_id": d.sess, "transaction": randString(10)})
		}
	}()
	return d, nil
}

func num(v interface{}) int64 {
	n, _ := v.(json.Number).Int64()
	return n
}

func (d *janusDriver) send(m jmsg) error {
	d.wmu.Lock()
	defer d.wmu.Unlock()
	b, err := json.Marshal(m) // not WriteJSON: Janus rejects its trailing newline
	if err != nil {
		return err
	}
	return d.ws.WriteMessage(websocket.TextMessage, b)
}

func (d *janusDriver) readLoop() {
	for {
		_, b, err := d.ws.ReadMessage()
		if err != nil {
			if !d.closed {
				log.Printf("janus ws: %v", err)
			}
			return
		}
		dec := json.NewDecoder(strings.NewReader(string(b)))
		dec.UseNumber()
		var m jmsg
		if dec.Decode(&m) != nil {
			continue
		}
		t, _ := m["transaction"].(string)
		if debug && m["janus"] != "ack" && t == "" {
			log.Printf("janus evt: %.300s", b)
		}
		d.mu.Lock()
		c := d.tx[t]
		d.mu.Unlock()
		if c != nil {
			select {
			case c <- m:
			default:
			}
		}
	}
}

// req sends a request; event=true waits past the ack for the plugin event.
func (d *janusDriver) req(m jmsg, event bool) (jmsg, error) {
	t := randString(12)
	m["transaction"] = t
	if d.sess != 0 {
		m["session_id"] = d.sess
	}
	c := make(chan jmsg, 8)
	d.mu.Lock()
	d.tx[t] = c
	d.mu.Unlock()
	defer func() { d.mu.Lock(); delete(d.tx, t); d.mu.Unlock() }()
	if err := d.send(m); err != nil {
		return nil, err
	}
	to := time.After(20 * time.Second)
	for {
		select {
		case r := <-c:
			if r["janus"] == "error" {
				return nil, fmt.Errorf("janus: %v", r["error"])
			}
			if r["janus"] == "ack" && event {
				continue
			}
			if pd, ok := r["plugindata"].(map[string]interface{}); ok {
				if dd, ok := pd["data"].(map[string]interface{}); ok && dd["error"] != nil {
					return nil, fmt.Errorf("videoroom: %v", dd["error"])
				}
			}
			return r, nil
		case <-to:
			return nil, fmt.Errorf("janus: timeout %v", m["janus"])
		}
	}
}

func (d *janusDriver) attach() (int64, error) {
	r, err := d.req(jmsg{"janus": "attach", "plugin": "janus.plugin.videoroom"}, false)
	if err != nil {
		return 0, err
	}
	return num(r["data"].(map[string]interface{})["id"]), nil
}

func (d *janusDriver) Publish(p *pubMedia) error {
	h, err := d.attach()
	if err != nil {
		return err
	}
	off := p.e.pubOffer(p.aSSRC, p.vSSRC, fmt.Sprintf("p%d", p.idx))
	r, err := d.req(jmsg{"janus": "message", "handle_id": h,
		"body": jmsg{"request": "joinandconfigure", "ptype": "publisher", "room": d.room, "display": fmt.Sprintf("p%d", p.idx), "bitrate": 0},
		"jsep": jmsg{"type": "offer", "sdp": off}}, true)
	if err != nil {
		return err
	}
	data := r["plugindata"].(map[string]interface{})["data"].(map[string]interface{})
	d.feedMu.Lock()
	d.feeds = append(d.feeds, num(data["id"]))
	d.feedMu.Unlock()
	js, ok := r["jsep"].(map[string]interface{})
	if !ok {
		return fmt.Errorf("janus: no answer: %v", r)
	}
	rd := parseSDP(js["sdp"].(string))
	if debug {
		log.Printf("answer: %s", js["sdp"])
	}
	p.e.delFn = func() {
		d.send(jmsg{"janus": "detach", "session_id": d.sess, "handle_id": h, "transaction": randString(10)})
	}
	p.e.start(rd, true, rd.setup != "active")
	return p.e.waitReady(25 * time.Second)
}

func (d *janusDriver) Subscribe(idx, pairs int) ([]*Endpoint, error) {
	h, err := d.attach()
	if err != nil {
		return nil, err
	}
	var st []jmsg
	for _, f := range d.feeds[:min(pairs, len(d.feeds))] {
		st = append(st, jmsg{"feed": f})
	}
	r, err := d.req(jmsg{"janus": "message", "handle_id": h,
		"body": jmsg{"request": "join", "ptype": "subscriber", "room": d.room, "streams": st}}, true)
	if err != nil {
		return nil, err
	}
	js, ok := r["jsep"].(map[string]interface{})
	if !ok {
		return nil, fmt.Errorf("janus: no offer: %v", r)
	}
	e := newEndpoint(fmt.Sprintf("sub%d", idx))
	e.isSub, e.subIdx = true, idx
	e.delFn = func() {
		d.send(jmsg{"janus": "detach", "session_id": d.sess, "handle_id": h, "transaction": randString(10)})
	}
	rd := parseSDP(js["sdp"].(string))
	ans := e.answer(rd)
	if debug {
		log.Printf("offer: %s\nanswer: %s", js["sdp"], ans)
	}
	e.start(rd, false, true)
	if _, err := d.req(jmsg{"janus": "message", "handle_id": h,
		"body": jmsg{"request": "start", "room": d.room},
		"jsep": jmsg{"type": "answer", "sdp": ans}}, true); err != nil {
		return []*Endpoint{e}, err
	}
	return []*Endpoint{e}, e.waitReady(25 * time.Second)
}

func (d *janusDriver) Close() {
	d.closed = true
	d.send(jmsg{"janus": "destroy", "session_id": d.sess, "transaction": "bye"})
	time.Sleep(200 * time.Millisecond)
	d.ws.Close()
}

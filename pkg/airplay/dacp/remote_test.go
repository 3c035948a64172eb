package dacp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	phoneToken = "18446744073709551615" // 64 bits, as Roon's
	phoneID    = "56B29BB6CB904862"
)

var phone = netip.MustParseAddr("192.0.2.7")

// fakePhone answers commands without a network.
type fakePhone struct {
	mu       sync.Mutex // guards all below
	port     uint16     // where it listens; 0: offers nothing
	lookUps  int
	findErr  error
	requests []string
	hosts    []string
	tokens   []string
	at       []time.Time
	status   int
	err      error         // instead of an answer
	wait     time.Duration // before the answer
}

func (p *fakePhone) find(context.Context) (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lookUps++
	if p.findErr == nil && p.port == 0 {
		return 0, query.ErrNotFound
	}
	return p.port, p.findErr
}

func (p *fakePhone) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if req.URL.Port() != fmt.Sprint(p.port) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	p.requests = append(p.requests, strings.TrimPrefix(req.URL.RequestURI(), "/ctrl-int/1/"))
	p.hosts = append(p.hosts, req.URL.Hostname())
	p.tokens = append(p.tokens, req.Header.Get("Active-Remote"))
	p.at = append(p.at, time.Now())
	if p.wait > 0 {
		time.Sleep(p.wait) // in a synctest bubble
	}
	if p.err != nil {
		return nil, p.err
	}
	header := http.Header{"Location": {"http://192.0.2.66/elsewhere"}}
	return &http.Response{StatusCode: p.status, Header: header, Body: io.NopCloser(strings.NewReader(""))}, nil
}

// change alters the phone while it is in use.
func (p *fakePhone) change(alter func(p *fakePhone)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	alter(p)
}

// steer runs a Remote for a phone in a bubble of its own.
func steer(t *testing.T, o Options, test func(t *testing.T, r *Remote, p *fakePhone)) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePhone{port: 49155, status: http.StatusNoContent}
		if !o.Sender.IsValid() {
			o.Sender = phone
		}
		o.DACPID, o.ActiveRemote, o.Find = phoneID, phoneToken, p.find
		r, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		r.client.http.Transport = p
		ctx, cancel := context.WithCancel(t.Context())
		endC := make(chan error, 1)
		go func() { endC <- r.Run(ctx) }()
		test(t, r, p)
		cancel()
		if err := <-endC; err != nil {
			t.Errorf("want a quiet end, got %v", err)
		}
		if err := r.Send(Play); !errors.Is(err, ErrOver) {
			t.Errorf("after the end: want %v, got %v", ErrOver, err)
		}
	})
}

// sendNow sends a command past the queue, for its outcome.
func sendNow(t *testing.T, r *Remote, c Command) error { return r.client.send(t.Context(), c.String()) }

func TestEveryCommandHasItsWord(t *testing.T) {
	steer(t, Options{}, func(t *testing.T, r *Remote, p *fakePhone) {
		for c := Play; c <= Previous; c++ {
			if err := sendNow(t, r, c); err != nil {
				t.Errorf("%v: %v", c, err)
			}
		}
		want := []string{"play", "pause", "nextitem", "previtem"}
		if !slices.Equal(want, p.requests) {
			t.Errorf("want %q, got %q", want, p.requests)
		}
		if p.tokens[0] != phoneToken || p.lookUps != 1 {
			t.Errorf("want token %s and 1 look-up, got %s and %d", phoneToken, p.tokens[0], p.lookUps)
		}
	})
	if want, got := "Command(200)", Command(200).String(); want != got {
		t.Errorf("want %s, got %s", want, got)
	}
}

func TestSendersWithoutRemote(t *testing.T) {
	tests := []struct {
		name, id, token string
		sender          netip.Addr
	}{
		{"PulseAudio, PipeWire", "", "", phone},
		{"no token", phoneID, "", phone},
		{"no ID", "", phoneToken, phone},
		{"no address", phoneID, phoneToken, netip.Addr{}},
		{"a token that is two headers", phoneID, "1\r\nHost: x", phone},
		{"a token without end", phoneID, strings.Repeat("9", maxTokenBytes+1), phone},
	}
	for _, tt := range tests {
		if _, err := New(Options{DACPID: tt.id, ActiveRemote: tt.token, Sender: tt.sender}); !errors.Is(err, ErrNoRemote) {
			t.Errorf("%s: want %v, got %v", tt.name, ErrNoRemote, err)
		}
	}
}

func TestAnswersOfSenders(t *testing.T) {
	tests := []struct {
		status int
		want   error
	}{
		{200, nil}, {204, nil}, {302, ErrRefused}, {403, ErrRefused}, {404, ErrRefused}, {500, ErrRefused},
	}
	for _, tt := range tests {
		steer(t, Options{}, func(t *testing.T, r *Remote, p *fakePhone) {
			p.status = tt.status
			for range 2 {
				if err := sendNow(t, r, Pause); !errors.Is(err, tt.want) {
					t.Errorf("%d: want %v, got %v", tt.status, tt.want, err)
				}
			}
			if len(p.requests) != 2 || p.lookUps != 1 {
				t.Errorf("%d: want 2 requests after 1 look-up, got %d after %d", tt.status, len(p.requests), p.lookUps)
			}
		})
	}
}

func TestLookUps(t *testing.T) {
	lost := errors.New("connection reset")
	tests := []struct {
		name    string
		between func(p *fakePhone) // two commands
		wait    time.Duration
		want    error // of the second
		sent    int
		lookUps int
	}{
		{"at once", func(*fakePhone) {}, 0, nil, 2, 1},
		{"a while later", func(*fakePhone) {}, portLifetime, nil, 2, 2},
		{"the phone woke with another port", func(p *fakePhone) { p.port = 49156 }, 0, nil, 2, 2},
		{"the phone went away", func(p *fakePhone) { p.port = 0 }, 0, ErrNoRemote, 1, 2},
		{"what may have arrived is not repeated", func(p *fakePhone) { p.err = lost }, 0, lost, 2, 1},
		{"nobody can be asked", func(p *fakePhone) { p.findErr = lost }, portLifetime, lost, 1, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			steer(t, Options{}, func(t *testing.T, r *Remote, p *fakePhone) {
				if err := sendNow(t, r, Next); err != nil {
					t.Fatal(err)
				}
				p.change(tt.between)
				time.Sleep(tt.wait) // in a synctest bubble
				if err := sendNow(t, r, Next); !errors.Is(err, tt.want) {
					t.Errorf("want %v, got %v", tt.want, err)
				}
				if len(p.requests) != tt.sent || p.lookUps != tt.lookUps {
					t.Errorf("want %d requests after %d look-ups, got %d after %d", tt.sent, tt.lookUps, len(p.requests), p.lookUps)
				}
			})
		})
	}
}

func TestAbsentSenderIsNotAskedForAllTheTime(t *testing.T) {
	steer(t, Options{}, func(t *testing.T, r *Remote, p *fakePhone) {
		p.port = 0
		for range 20 {
			if err := sendNow(t, r, Pause); !errors.Is(err, ErrNoRemote) {
				t.Errorf("want %v, got %v", ErrNoRemote, err)
			}
		}
		if p.lookUps != 1 {
			t.Errorf("want 1 look-up, got %d", p.lookUps)
		}
		p.change(func(p *fakePhone) { p.port = 49157 })
		time.Sleep(absenceLifetime) // in a synctest bubble
		if err := sendNow(t, r, Pause); err != nil {
			t.Errorf("want the sender found when it is there, got %v", err)
		}
	})
}

func TestOnlyTheSenderIsReached(t *testing.T) {
	for sender, want := range map[string]string{
		"192.0.2.7":        "192.0.2.7",
		"::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8::7":      "2001:db8::7",
		"fe80::7%lan0":     "fe80::7%lan0",
	} {
		steer(t, Options{Sender: netip.MustParseAddr(sender)}, func(t *testing.T, r *Remote, p *fakePhone) {
			p.status = http.StatusFound
			if err := sendNow(t, r, Play); !errors.Is(err, ErrRefused) {
				t.Errorf("want %v, got %v", ErrRefused, err)
			}
			if !slices.Equal([]string{want}, p.hosts) {
				t.Errorf("want %s alone, got %q", want, p.hosts)
			}
		})
	}
}

func TestLastVolumeWins(t *testing.T) {
	steer(t, Options{}, func(t *testing.T, r *Remote, p *fakePhone) {
		const steps, pause = 1000, 5 * time.Millisecond
		for i := range steps {
			r.SetVolume(-30+30*float64(i+1)/steps, false)
			time.Sleep(pause) // in a synctest bubble
		}
		time.Sleep(time.Second)
		synctest.Wait()
		const most = int(steps*pause/volumePause) + 2
		if got := len(p.requests); got < most-3 || got > most {
			t.Errorf("want about %d of %d volumes, got %d", most, steps, got)
		}
		for i := 1; i < len(p.at); i++ {
			if got := p.at[i].Sub(p.at[i-1]); got < volumePause {
				t.Errorf("want %v between two volumes, got %v", volumePause, got)
			}
		}
		if want, got := "setproperty?dmcp.device-volume=0.000000", p.requests[len(p.requests)-1]; want != got {
			t.Errorf("want %s at last, got %s", want, got)
		}
	})
}

func TestVolumesAreClamped(t *testing.T) {
	nan := 0.0
	nan /= nan
	tests := []struct {
		volumeDB float64
		mute     bool
		want     string
	}{
		{-12.5, false, "-12.500000"}, {-12.5, true, "-144.000000"}, {7, false, "0.000000"},
		{-31, false, "-30.000000"}, {nan, false, "-144.000000"},
	}
	steer(t, Options{}, func(t *testing.T, r *Remote, p *fakePhone) {
		for _, tt := range tests {
			r.SetVolume(tt.volumeDB, tt.mute)
			time.Sleep(volumePause) // in a synctest bubble
			synctest.Wait()
			if want, got := volumeRequest+tt.want, p.requests[len(p.requests)-1]; want != got {
				t.Errorf("%v: want %s, got %s", tt.volumeDB, want, got)
			}
		}
	})
}

const volumeRequest = "setproperty?dmcp.device-volume="

func TestWaitingCommandsAreBounded(t *testing.T) {
	steer(t, Options{}, func(t *testing.T, r *Remote, p *fakePhone) {
		p.wait = time.Second
		var refused int
		for range 5 * maxWaiting {
			switch err := r.Send(Next); {
			case errors.Is(err, ErrBusy):
				refused++
			case err != nil:
				t.Errorf("want %v or none, got %v", ErrBusy, err)
			}
		}
		time.Sleep(5 * maxWaiting * time.Second) // in a synctest bubble
		synctest.Wait()
		if sent := len(p.requests); sent < maxWaiting || sent > maxWaiting+1 || refused != 5*maxWaiting-sent {
			t.Errorf("want %d sent, got %d and %d refused", maxWaiting, sent, refused)
		}
		if err := r.Send(Pause); err != nil {
			t.Errorf("want room again, got %v", err)
		}
	})
}

func TestFailureIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	steer(t, Options{Log: zerolog.New(&log)}, func(t *testing.T, r *Remote, p *fakePhone) {
		p.status = http.StatusForbidden
		for i := range 3 * maxWaiting {
			if i == maxWaiting {
				p.change(func(p *fakePhone) { p.status = http.StatusOK })
			}
			if err := r.Send(Next); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
	})
	if got := log.String(); strings.Count(got, "does not follow") != 1 || strings.Count(got, "again") != 1 {
		t.Errorf("want one line of failure and one of relief, got %s", got)
	}
}

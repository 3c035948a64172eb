package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestHostsHaveTheirOwnNames(t *testing.T) {
	if want, got := "one", strings.TrimSpace(NewLAN(t, "one").Host("one").Output(t, "hostname")); want != got {
		t.Errorf("want %q, got %q", want, got)
	}
}

func TestTCPCrossesTheLAN(t *testing.T) {
	lan := NewLAN(t, "one", "two")
	one, two := lan.Host("one"), lan.Host("two")
	var listener net.Listener
	err := two.Do(func() (err error) {
		listener, err = net.Listen("tcp4", "0.0.0.0:80")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.RemoteAddr)
	})}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	answer, err := one.HTTP().Get("http://" + two.Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, _ := io.ReadAll(answer.Body)
	if want := one.Addr.String() + ":"; !strings.HasPrefix(string(body), want) {
		t.Errorf("want a client at %s, got %s", want, body)
	}
}

func TestHeldPortIsTakenForBothFamilies(t *testing.T) {
	host := NewLAN(t, "host").Host("host")
	host.HoldUDP(t, 1900)
	for _, network := range []string{"udp4", "udp6"} {
		err := host.Do(func() error {
			c, err := net.ListenUDP(network, &net.UDPAddr{Port: 1900})
			if err == nil {
				_ = c.Close()
			}
			return err
		})
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s: want the port in use, got %v", network, err)
		}
	}
}

func TestPulledCableCutsOff(t *testing.T) {
	lan := NewLAN(t, "one", "two")
	one, two := lan.Host("one"), lan.Host("two")
	dial := func(within time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		_, err := one.Dial(ctx, "tcp4", two.Addr.String()+":9")
		return err
	}
	two.SetLink(t, false)
	if err := dial(300 * time.Millisecond); !os.IsTimeout(err) && !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("want no answer, got %v", err)
	}
	two.SetLink(t, true)
	Until(t, 5*time.Second, "the host answers again", func() bool {
		return errors.Is(dial(time.Second), syscall.ECONNREFUSED)
	})
}

func TestLoseAudio(t *testing.T) {
	lan := NewLAN(t, "from", "to")
	to := lan.Host("to")
	to.LoseAudio(t, 500)
	conn, err := lan.Host("from").Dial(t.Context(), "udp4", to.Addr.String()+":6000")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const sent = 400
	for range sent {
		_, _ = conn.Write(make([]byte, 1400)) // refused by the port, which nobody holds
		_, _ = conn.Write(make([]byte, 32))
	}
	var seen, lost int
	Until(t, 5*time.Second, "packets arrive", func() bool {
		seen, lost = to.AudioLost(t)
		return seen > sent/2
	})
	if seen > sent {
		t.Errorf("want small packets let alone: sent %d of audio, seen %d", sent, seen)
	}
	if lost < seen/4 || lost > seen*3/4 {
		t.Errorf("want about half of %d lost, got %d", seen, lost)
	}
}

func TestAvahiSeesServicesComeAndGo(t *testing.T) {
	lan := NewLAN(t, "here", "there")
	here, there := lan.Host("here"), lan.Host("there")
	there.StartAvahi(t)
	here.StartAvahi(t)
	browser := here.Browse(t, "_raop._tcp")
	const name = "0A1B2C3D4E5F@Salle à manger"
	publish := there.Start(t, Program{Name: "avahi-publish", Args: []string{"avahi-publish", "-s", name, "_raop._tcp", "7720", "tp=UDP", "cn=0,1"}})
	got := browser.Wait(t, 10*time.Second, "the service is resolved", func(s Service) bool { return s.Change == '=' })
	if got.Instance != name || got.Host != "there.local" || got.Addr != there.Addr || got.Port != 7720 || len(got.TXT) != 2 {
		t.Errorf("want %q at there.local, %v, 7720, got %+v", name, there.Addr, got)
	}
	publish.Stop()
	browser.Wait(t, 10*time.Second, "the service leaves", func(s Service) bool { return s.Change == '-' && s.Instance == name })
}

func TestSpeakerAndSenderStart(t *testing.T) {
	lan := NewLAN(t, "speaker", "sender")
	speaker := lan.Host("speaker").StartSpeaker(t, "Living Room")
	answer, err := lan.Host("sender").HTTP().Get(speaker.Location)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(body), "<friendlyName>Living Room</friendlyName>") {
		t.Errorf("want a description of Living Room, got %q, %v", body, err)
	}
	sender := lan.Host("sender").StartSender(t)
	if got := sender.control(t, "list", "short", "sinks"); !strings.Contains(got, "null") {
		t.Errorf("want the null sink, got %q", got)
	}
}

func TestProcess(t *testing.T) {
	host := NewLAN(t, "host").Host("host")
	t.Run("exit code and output", func(t *testing.T) {
		p := host.Start(t, Program{Name: "sh", Args: []string{"sh", "-c", "echo one two; exit 3"}})
		if want, got := 3, p.Wait(t, 5*time.Second); want != got {
			t.Errorf("want exit code %d, got %d", want, got)
		}
		if want, got := "two", p.WaitLine(t, `^one (\w+)$`, 0)[1]; want != got {
			t.Errorf("want %q, got %q", want, got)
		}
	})
	t.Run("usage", func(t *testing.T) {
		p := host.Start(t, Program{Name: "sleep", Args: []string{"sleep", "60"}})
		if u := p.Usage(t); u.RSS == 0 || u.Max < u.RSS {
			t.Errorf("want memory in use, got %+v", u)
		}
		p.Stop()
		p.Stop()
		if want, got := -1, p.Wait(t, time.Second); want != got {
			t.Errorf("want ended by a signal, got exit code %d", got)
		}
	})
}

package sender

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestHandshake(t *testing.T) {
	f := newFake(t, nil)
	s := f.connected(Options{StartSeq: 17768, StartTimestamp: 1851504805, UserAgent: "iTunes/7.6.2 (Windows; N;)"})
	if want, got := "021122334455", s.Receiver().String(); want != got {
		t.Errorf("want receiver %s, got %s", want, got)
	}
	if err := s.Teardown(t.Context()); err != nil {
		t.Error(err)
	}
	var methods []string
	for i, req := range f.asked() {
		methods = append(methods, req.Method)
		if got := req.Header.Get("User-Agent"); got != "iTunes/7.6.2 (Windows; N;)" {
			t.Errorf("%s: want our User-Agent, got %q", req.Method, got)
		}
		if want, got := i > 2, req.Header.Get("Session") == "1"; want != got {
			t.Errorf("%s: Session given: want %v, got %v", req.Method, want, got)
		}
	}
	if want := []string{"OPTIONS", "ANNOUNCE", "SETUP", "RECORD", "TEARDOWN"}; !slices.Equal(want, methods) {
		t.Fatalf("want %q, got %q", want, methods)
	}
	if want, got := "seq=17768;rtptime=1851504805", f.asked()[3].Header.Get("RTP-Info"); want != got {
		t.Errorf("want RTP-Info %s, got %s", want, got)
	}
}

func TestPassword(t *testing.T) {
	f := newFake(t, func(f *fakeReceiver) { f.password = "sesame" })
	f.connected(Options{Password: "sesame"})
	if want, got := 5, len(f.asked()); want != got {
		t.Errorf("want one request repeated, so %d in all, got %d", want, got)
	}
	for _, password := range []string{"", "wrong"} {
		err := f.sender(Options{Password: password}).Connect(t.Context())
		var refused *StatusError
		if !errors.As(err, &refused) || refused.Status != 401 {
			t.Errorf("password %q: want 401, got %v", password, err)
		}
	}
}

func TestRefusedRequestsEndConnect(t *testing.T) {
	for _, method := range []string{"OPTIONS", "ANNOUNCE", "SETUP", "RECORD"} {
		t.Run(method, func(t *testing.T) {
			f := newFake(t, func(f *fakeReceiver) { f.refuse = map[string]int{method: 453} })
			s := f.sender(Options{})
			err := s.Connect(t.Context())
			var refused *StatusError
			if !errors.As(err, &refused) || refused.Status != 453 || refused.Method != method {
				t.Errorf("want %s refused with 453, got %v", method, err)
			}
			if err := s.Connect(t.Context()); err == nil {
				t.Error("second Connect: want an error")
			}
		})
	}
}

func TestReceiverWithAnotherKeyIsRefused(t *testing.T) {
	f := newFake(t, nil)
	s := f.sender(Options{})
	key, err := airportKey()
	if err != nil {
		t.Fatal(err)
	}
	s.key = key
	if err := s.Connect(t.Context()); !errors.Is(err, errNotAirPort) {
		t.Errorf("want %v, got %v", errNotAirPort, err)
	}
}

func TestConnectEndsWithItsContext(t *testing.T) {
	f := newFake(t, func(f *fakeReceiver) { f.silent = true })
	ctx, cancel := context.WithCancel(t.Context())
	s := f.sender(Options{})
	ended := make(chan error, 1)
	go func() { ended <- s.Connect(ctx) }()
	eventually(t, "the first request", func() bool { return len(f.asked()) == 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("want %v, got %v", context.Canceled, err)
	}
}

package netif

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// host is a fake list of interfaces and a fake source of notices.
type host struct {
	noticeC chan struct{}

	mu    sync.Mutex // guards all below
	list  []Interface
	err   error
	looks int
}

func (h *host) look() ([]Interface, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looks++
	return h.list, h.err
}

// becomes changes what is seen from now on, and gives the looks so far.
func (h *host) becomes(list []Interface, err error) (looks int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list, h.err = list, err
	return h.looks
}

func (h *host) listen(ctx context.Context, noticeC chan<- struct{}) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.noticeC:
			signal(noticeC)
		}
	}
}

func eth(name, prefix string) Interface {
	return Interface{Name: name, Index: 2, Up: true, Multicast: true, Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)}}
}

// watch runs a Watcher on a fake host in a bubble of its own.
func watch(t *testing.T, test func(h *host, w *Watcher)) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{list: []Interface{eth("eth0", "10.0.0.1/24")}, noticeC: make(chan struct{})}
		w := &Watcher{list: h.look, listen: h.listen, subscribers: make(map[chan struct{}]struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		endC := make(chan error, 1)
		go func() { endC <- w.Run(ctx) }()
		synctest.Wait()
		test(h, w)
		cancel()
		if err := <-endC; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func taken(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestWatcherPolls(t *testing.T) {
	watch(t, func(h *host, w *Watcher) {
		changeC, end := w.Subscribe()
		defer end()
		time.Sleep(pollInterval + 1)
		synctest.Wait()
		if taken(changeC) {
			t.Error("signal without a change")
		}
		h.becomes([]Interface{eth("eth0", "10.0.0.2/24")}, nil)
		time.Sleep(pollInterval)
		synctest.Wait()
		if !taken(changeC) {
			t.Error("no signal after a change")
		}
		if got, _ := w.Current()[0].IPv4(); got != netip.MustParseAddr("10.0.0.2") {
			t.Errorf("current address is %v", got)
		}
	})
}

func TestWatcherGathersNotices(t *testing.T) {
	watch(t, func(h *host, w *Watcher) {
		changeC, end := w.Subscribe()
		for range 10 {
			h.noticeC <- struct{}{}
			time.Sleep(settle / 20)
		}
		before := h.becomes([]Interface{eth("eth0", "10.0.0.3/24")}, nil)
		time.Sleep(settle)
		synctest.Wait()
		if !taken(changeC) {
			t.Error("no signal after a notice")
		}
		if before > 2 {
			t.Errorf("want at most one look during a burst of notices, got %d", before-1)
		}
		end()
		end()
		h.becomes(nil, nil)
		h.noticeC <- struct{}{}
		time.Sleep(2 * settle)
		synctest.Wait()
		if taken(changeC) {
			t.Error("signal after the subscription ended")
		}
		if got := w.Current(); len(got) != 0 {
			t.Errorf("want no interface, got %v", got)
		}
	})
}

func TestWatcherKeepsWhatItKnowsOnFault(t *testing.T) {
	watch(t, func(h *host, w *Watcher) {
		changeC, end := w.Subscribe()
		defer end()
		h.becomes(nil, errors.New("no netlink"))
		time.Sleep(pollInterval + 1)
		synctest.Wait()
		if got := w.Current(); len(got) != 1 || taken(changeC) {
			t.Errorf("want the interface kept, got %v", got)
		}
		h.becomes(nil, nil)
		time.Sleep(pollInterval)
		synctest.Wait()
		if got := w.Current(); len(got) != 0 || !taken(changeC) {
			t.Errorf("want a look that goes well to count, got %v", got)
		}
	})
}

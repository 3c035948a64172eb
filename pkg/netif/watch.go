package netif

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// pollInterval bounds how late a change is noticed when the kernel's own
	// notices are lost or not to be had, and how late a moved default route is.
	pollInterval = 5 * time.Second

	// settle is how long notices are gathered before a look: a link that comes
	// up is followed by its addresses within that time.
	settle = 200 * time.Millisecond
)

// A Watcher keeps the selected interfaces current.
type Watcher struct {
	wanted []string
	list   func() ([]Interface, error)                              // List, but in tests
	listen func(ctx context.Context, noticeC chan<- struct{}) error // listen, but in tests

	mu          sync.Mutex // guards all below
	current     []Interface
	subscribers map[chan struct{}]struct{}
}

// NewWatcher watches the interfaces that Select picks for wanted. It looks once,
// so that Current is right before Run begins.
func NewWatcher(wanted []string) *Watcher {
	w := &Watcher{
		wanted:      slices.Clone(wanted),
		list:        List,
		listen:      listen,
		subscribers: make(map[chan struct{}]struct{}),
	}
	w.look()
	return w
}

// Run looks again whenever the kernel gives notice, and every 5 s in any case.
// It returns nil when ctx ends. A look that fails keeps what was known.
func (w *Watcher) Run(ctx context.Context) error {
	noticeC := make(chan struct{}, 1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.listen(ctx, noticeC) })
	g.Go(func() error { return w.loop(ctx, noticeC) })
	if err := g.Wait(); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (w *Watcher) loop(ctx context.Context, noticeC <-chan struct{}) error {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		w.look()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
			// Time for a look of our own
		case <-noticeC:
			if err := pause(ctx, settle); err != nil {
				return err
			}
		}
	}
}

// Current is the selection as last seen. The caller may keep the slice.
func (w *Watcher) Current() []Interface {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.current)
}

// Subscribe gives a channel that holds one signal after each change of the
// selection; changes that come before the signal is taken are one. The function
// ends the subscription and may be called twice.
func (w *Watcher) Subscribe() (<-chan struct{}, func()) {
	signalC := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.subscribers[signalC] = struct{}{}
	return signalC, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.subscribers, signalC)
	}
}

// look passes over a fault: who has no interface asks List itself for the reason.
func (w *Watcher) look() {
	all, err := w.list()
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	selected := Select(all, w.wanted)
	if slices.EqualFunc(selected, w.current, Interface.equal) {
		return
	}
	w.current = selected
	for signalC := range w.subscribers {
		signal(signalC)
	}
}

// signal leaves a signal in the channel unless one lies there already.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
		// The one that lies there tells as much
	}
}

// pause waits for d or for the end of ctx, which it returns as an error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

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
	// pollInterval bounds the delay until a change is noticed without a notice from
	// the kernel: notices may be lost or unavailable, and there is none for a changed
	// default route.
	pollInterval = 5 * time.Second

	// settle is how long notices are collected before the interfaces are listed: a
	// link that comes up gets its addresses within that time.
	settle = 200 * time.Millisecond
)

// A Watcher keeps the selected interfaces current.
type Watcher struct {
	wanted []string
	list   func() ([]Interface, error)                              // List, except in tests
	listen func(ctx context.Context, noticeC chan<- struct{}) error // listen, except in tests

	mu          sync.Mutex // guards all below
	current     []Interface
	subscribers map[chan struct{}]struct{}
}

// NewWatcher watches the interfaces that Select picks for wanted. It lists them once,
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

// Run lists the interfaces again whenever the kernel reports a change, and at least
// every 5 s. It returns nil when ctx ends. If listing fails, the selection stays.
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
			// Time to poll
		case <-noticeC:
			if err := pause(ctx, settle); err != nil {
				return err
			}
		}
	}
}

// Current is the latest selection. The caller may keep the slice.
func (w *Watcher) Current() []Interface {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.current)
}

// Subscribe returns a channel with one signal after each change of the selection;
// changes before the signal is received are combined. The function ends the
// subscription and may be called twice.
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

// look ignores an error of list: callers without an interface call List for it.
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

// signal puts a signal into the channel unless there is one already.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
		// One is pending already
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

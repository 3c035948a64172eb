package speaker

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	chunk         = 10 * time.Millisecond // of sound, handed from fetching to playing
	readAhead     = 2 * time.Second       // of sound between them, at most, beside StartBuffer
	headerTimeout = 10 * time.Second      // for the stream server to answer a GET
	bodyBuffer    = 4 << 10               // read at once, as GStreamer's sources do (blocksize)
)

// A job is one stream to be played, from Play to Stop or to its end.
type job struct {
	url      string
	metadata string
	stopped  context.Context // ends when the transport hangs up
	hangUp   context.CancelFunc
	gate     gate
	position atomic.Int64 // nanoseconds of sound heard
}

func newJob(url, metadata string) *job {
	j := &job{url: url, metadata: metadata}
	j.stopped, j.hangUp = context.WithCancel(context.Background())
	return j
}

// player fetches one stream after the other and plays each at its own speed.
type player struct {
	client      *http.Client
	userAgent   string
	pace        Pace
	startBuffer time.Duration
	quirks      Quirks
	out         *output
	jobs        chan *job // capacity 1: a job not begun yet is replaced by a newer one
	report      func(*job, event, error)
	onPlayed    func(time.Duration) // so much of the stream has been played
}

func newPlayer(o Options, report func(*job, event, error), heard func(time.Duration)) *player {
	return &player{
		client: &http.Client{Transport: &http.Transport{
			DialContext:           dialFrom(o.Listen, o.Quirks.ReceiveBufferBytes),
			DisableKeepAlives:     true,
			DisableCompression:    true,
			ResponseHeaderTimeout: headerTimeout,
		}},
		userAgent:   serverName,
		pace:        o.Pace,
		startBuffer: o.StartBuffer,
		quirks:      o.Quirks,
		out:         newOutput(o.Capture, o.KeepFrames),
		jobs:        make(chan *job, 1),
		report:      report,
		onPlayed:    heard,
	}
}

// start hands over a job; the one before it must have been hung up. It has one
// caller at a time and never blocks.
func (p *player) start(j *job) {
	select {
	case <-p.jobs: // hung up before it was begun
	default:
	}
	p.jobs <- j
}

func (p *player) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case j := <-p.jobs:
			p.play(ctx, j)
		}
	}
}

// play plays j to its end and reports that end, unless somebody hung up.
func (p *player) play(ctx context.Context, j *job) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(j.stopped, cancel)()

	s := &stream{job: j, chunks: make(chan []int32, int(readAhead/chunk)), opened: make(chan audio.Format, 1)}
	var g errgroup.Group // not one that cancels: what came before a fault is played out
	g.Go(func() error { return p.fetch(ctx, s) })
	g.Go(func() error { return p.playOut(ctx, s) })
	err := g.Wait()
	if ctx.Err() == nil {
		p.report(j, evEnded, err)
	}
}

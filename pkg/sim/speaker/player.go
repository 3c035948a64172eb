package speaker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	chunk         = 10 * time.Millisecond // of sound, handed from fetching to playing
	readAhead     = 2 * time.Second       // of sound between them, at most, beside StartBuffer
	headerTimeout = 10 * time.Second      // for the stream server to answer a GET
	bodyBuffer    = 16 << 10
)

// A job is one stream to be played, from Play to Stop or to its end.
type job struct {
	url      string
	stopped  context.Context // ends when the transport hangs up
	hangUp   context.CancelFunc
	gate     gate
	position atomic.Int64 // nanoseconds of sound heard
}

func newJob(url string) *job {
	j := &job{url: url}
	j.stopped, j.hangUp = context.WithCancel(context.Background())
	return j
}

// player fetches one stream after the other and plays each at its own speed.
type player struct {
	client      *http.Client
	userAgent   string
	pace        Pace
	startBuffer time.Duration
	out         *output
	jobs        chan *job // capacity 1: a job not begun yet is replaced by a newer one
	report      func(*job, event, error)
}

func newPlayer(o Options, report func(*job, event, error)) *player {
	return &player{
		client: &http.Client{Transport: &http.Transport{
			DisableKeepAlives:     true,
			DisableCompression:    true,
			ResponseHeaderTimeout: headerTimeout,
		}},
		userAgent:   serverName,
		pace:        o.Pace,
		startBuffer: o.StartBuffer,
		out:         newOutput(o.Capture, o.KeepFrames),
		jobs:        make(chan *job, 1),
		report:      report,
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

// A stream is a job under way: what fetch hands to playOut.
type stream struct {
	job    *job
	opened chan audio.Format // one value, once the head of the stream is read; then closed
	chunks chan []int32      // closed at the end of the stream
}

// fetch gets the stream and decodes it into s.chunks, which hold it back when
// the player is behind.
func (p *player) fetch(ctx context.Context, s *stream) error {
	defer close(s.chunks)
	defer close(s.opened)
	body, contentType, err := p.get(ctx, s.job.url)
	if err != nil {
		return err
	}
	defer body.Close()
	src, err := openSource(bufio.NewReaderSize(&countingReader{body, p.out}, bodyBuffer), contentType)
	if err != nil {
		return fmt.Errorf("open stream: %w", err)
	}
	f := src.format()
	s.opened <- f
	block := make([]int32, int(f.Frames(chunk))*f.Channels)
	for {
		frames, err := src.read(block)
		if frames > 0 {
			select {
			case s.chunks <- slices.Clone(block[:frames*f.Channels]):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("decode stream: %w", err)
		}
	}
}

// get asks as a DLNA renderer does (DLNA guidelines 7.4.26 and 7.4.49).
func (p *player) get(ctx context.Context, url string) (io.ReadCloser, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, "", fmt.Errorf("get stream: %w", err)
	}
	req.Header["User-Agent"] = []string{p.userAgent}
	req.Header["transferMode.dlna.org"] = []string{"Streaming"}
	req.Header["getcontentFeatures.dlna.org"] = []string{"1"}
	p.out.requested()
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("get stream: %w", err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent {
		resp.Body.Close()
		return nil, "", fmt.Errorf("get stream: status %s", resp.Status)
	}
	return resp.Body, resp.Header.Get("Content-Type"), nil
}

// countingReader notes how many bytes came and when the first did.
type countingReader struct {
	r   io.Reader
	out *output
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.out.received(n)
	return n, err
}

package speaker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A stream is a job under way: what fetch hands to playOut.
type stream struct {
	job    *job
	opened chan audio.Format // one value, once the head of the stream is read; then closed
	chunks chan []int32      // closed at the end of the stream
	bytes  atomic.Int64      // fetched, over all connections
	frames int64             // decoded, over all connections; only fetch uses it
}

// fetch gets the stream and decodes it into s.chunks, which hold it back when
// the player is behind.
func (p *player) fetch(ctx context.Context, s *stream) error {
	defer close(s.chunks)
	defer close(s.opened)
	if p.quirks.IgnoresBroadcast && strings.Contains(s.job.metadata, broadcastClass) {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := p.probe(ctx, s.job.url); err != nil {
		return err
	}
	for {
		again, err := p.fetchOnce(ctx, s)
		if !again {
			return err
		}
	}
}

// fetchOnce plays one connection. It reports true when it hung up in order to
// connect anew.
func (p *player) fetchOnce(ctx context.Context, s *stream) (again bool, err error) {
	resp, err := p.get(ctx, s.job.url)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	src, err := p.open(s, resp)
	if err != nil {
		return false, fmt.Errorf("open stream: %w", err)
	}
	f := src.format()
	if s.frames == 0 {
		s.opened <- f
	}
	begun := s.frames
	block := make([]int32, int(f.Frames(chunk))*f.Channels)
	for {
		frames, err := src.read(block)
		if frames > 0 {
			select {
			case s.chunks <- slices.Clone(block[:frames*f.Channels]):
			case <-ctx.Done():
				return false, ctx.Err()
			}
		}
		s.frames += int64(frames)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("decode stream: %w", err)
		case p.quirks.StopReadingAfter > 0 && f.Duration(s.frames) >= p.quirks.StopReadingAfter:
			<-ctx.Done()
			return false, ctx.Err()
		case p.quirks.ReconnectAfter > 0 && f.Duration(s.frames-begun) >= p.quirks.ReconnectAfter:
			return true, nil
		}
	}
}

// open finds out what resp has and whether the quirks let it be played.
func (p *player) open(s *stream, resp *http.Response) (source, error) {
	sound, err := p.withoutICY(resp)
	if err != nil {
		return nil, err
	}
	body := bufio.NewReaderSize(&countingReader{sound, p.out, &s.bytes}, bodyBuffer)
	codec, src, err := openSource(body, resp.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	if slices.Contains(p.quirks.Refuses, codec) {
		return nil, fmt.Errorf("%v is not played here", codec)
	}
	if want := p.quirks.Lengths[codec]; want > lengthOf(resp) {
		return nil, fmt.Errorf("%v without a length is not played here: want %v, got %v", codec, want, lengthOf(resp))
	}
	return src, nil
}

// lengthOf is the most that resp tells of its length.
func lengthOf(resp *http.Response) Length {
	switch {
	case resp.ContentLength >= 0:
		return LengthContent
	case slices.Contains(resp.TransferEncoding, "chunked"):
		return LengthFramed
	default:
		return LengthAny
	}
}

// countingReader notes how many bytes came and when the first did.
type countingReader struct {
	r      io.Reader
	out    *output
	stream *atomic.Int64
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.out.received(n)
	c.stream.Add(int64(n))
	return n, err
}

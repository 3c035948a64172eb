package speaker

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Ranges that players ask for before they play.
const (
	rangeHead = "bytes=0-1"
	rangeAll  = "bytes=0-"
	// rangeTail is where a file of 2 GiB, the length that live streams claim,
	// keeps its tags.
	rangeTail = "bytes=2147483519-"
)

// firstGETBytes is what TwoGETs reads of the first.
const firstGETBytes = 4096

// probe asks for the stream as often as the quirks have it, before it is played.
func (p *player) probe(ctx context.Context, url string) error {
	if p.quirks.HEADFirst {
		resp, err := p.request(ctx, http.MethodHead, url, "")
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("probe stream: HEAD: status %s", resp.Status)
		}
	}
	if p.quirks.ProbesRanges {
		if err := p.probeRanges(ctx, url); err != nil {
			return err
		}
	}
	return nil
}

// probeRanges wants two bytes for bytes=0-1 and takes any answer about the tail,
// which a live stream has none of.
func (p *player) probeRanges(ctx context.Context, url string) error {
	resp, err := p.request(ctx, http.MethodGet, url, rangeHead)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, firstGETBytes))
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusPartialContent || n != 2 {
		return fmt.Errorf("probe stream: %s: status %s, %d bytes, %w", rangeHead, resp.Status, n, err)
	}
	resp, err = p.request(ctx, http.MethodGet, url, rangeTail)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// get asks for the stream to be played.
func (p *player) get(ctx context.Context, url string) (*http.Response, error) {
	if p.quirks.TwoGETs {
		first, err := p.request(ctx, http.MethodGet, url, "")
		if err != nil {
			return nil, err
		}
		defer first.Body.Close()
		if _, err := io.CopyN(io.Discard, first.Body, firstGETBytes); err != nil {
			return nil, fmt.Errorf("get stream: first look: %w", err)
		}
	}
	ranged := ""
	if p.quirks.Wants206 {
		ranged = rangeAll
	}
	resp, err := p.request(ctx, http.MethodGet, url, ranged)
	if err != nil {
		return nil, err
	}
	good := resp.StatusCode == http.StatusPartialContent ||
		resp.StatusCode == http.StatusOK && !p.quirks.Wants206
	if !good {
		resp.Body.Close()
		return nil, fmt.Errorf("get stream: status %s", resp.Status)
	}
	return resp, nil
}

// request asks as a DLNA renderer does (DLNA guidelines 7.4.26 and 7.4.49).
func (p *player) request(ctx context.Context, method, url, ranged string) (*http.Response, error) {
	// x-rincon-mp3radio is Sonos' scheme for radio streams over HTTP.
	if rest, ok := strings.CutPrefix(url, radioScheme); ok {
		url = "http" + rest
	}
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, fmt.Errorf("get stream: %w", err)
	}
	req.Header["User-Agent"] = []string{p.userAgent}
	req.Header["transferMode.dlna.org"] = []string{"Streaming"}
	req.Header["getcontentFeatures.dlna.org"] = []string{"1"}
	if ranged != "" {
		req.Header["Range"] = []string{ranged}
	}
	if p.quirks.AsksICY {
		req.Header["Icy-MetaData"] = []string{"1"}
	}
	if method == http.MethodGet {
		p.out.requested()
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("get stream: %w", err)
	}
	return resp, nil
}

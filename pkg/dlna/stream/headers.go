package stream

import (
	"net/http"
	"strconv"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// serverName is the Server header: DLNA players look for "UPnP/1.0 DLNADOC".
const serverName = "Linux UPnP/1.0 DLNADOC/1.50 Breezeway/1.0"

// describe sets the headers of an answer. Names that net/http would write in other
// case are assigned directly: some players compare their case.
func describe(h http.Header, opts Options, status int, promised byteRange) {
	h.Set("Content-Type", opts.ContentType)
	h.Set("Server", serverName)
	h.Set("Cache-Control", "no-cache")
	h.Set("Connection", "close")
	h["transferMode.dlna.org"] = []string{"Streaming"}
	if opts.ContentFeatures != "" {
		h["contentFeatures.dlna.org"] = []string{opts.ContentFeatures}
	}
	first, last := promised.first, promised.last
	bounded := last != openEnd
	if !bounded {
		last = fakeLength - 1
	}
	if status == http.StatusPartialContent {
		h.Set("Content-Range", promised.contentRange(last))
	}
	switch {
	case bounded || opts.Length == settings.LengthFake:
		h.Set("Content-Length", strconv.FormatInt(last+1-first, 10))
	case opts.Length != settings.LengthChunked:
		h.Set("Transfer-Encoding", "identity") // net/http then sends neither a length nor chunks
	}
}

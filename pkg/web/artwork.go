package web

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

const (
	// picturePiece is how much of a picture is written at once, pictureWait how long a
	// client may take to read that much.
	picturePiece = 64 << 10
	pictureWait  = 10 * time.Second
	// maxPictureBytes bounds the pictures that are being sent, to all clients together;
	// maxPeerPictures how many are sent to one address at once: browsers open six
	// connections.
	maxPictureBytes = 32 << 20
	maxPeerPictures = 6
)

// pictureTypes are those that a browser only displays; others, such as SVG, can hold scripts.
var pictureTypes = map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true}

// artworkHandler answers with the picture of what plays now, whatever serial is
// asked for: the serial only makes a page fetch a new picture. 503 when too many
// pictures are being sent.
func artworkHandler(find finder) http.HandlerFunc {
	sending := &pictureBudget{peers: make(map[netip.Addr]int)}
	return func(w http.ResponseWriter, r *http.Request) {
		speaker, ok := find(w, r)
		if !ok {
			return
		}
		picture := speaker.NowPlaying.Artwork
		if !pictureTypes[picture.Type] {
			writeError(w, http.StatusNotFound, "there is no picture")
			return
		}
		peer, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero address where there is none, as in tests
		if !sending.take(peer.Addr(), len(picture.Data)) {
			writeError(w, http.StatusServiceUnavailable, "too many pictures are being sent")
			return
		}
		defer sending.give(peer.Addr(), len(picture.Data))
		w.Header().Set("Content-Type", picture.Type)
		w.Header().Set("Content-Length", strconv.Itoa(len(picture.Data)))
		w.Header().Set("Cache-Control", "no-store")
		sendPicture(w, picture.Data)
	}
}

// sendPicture writes a picture until it is complete or the client stops to read.
func sendPicture(w http.ResponseWriter, picture []byte) {
	conn := http.NewResponseController(w)
	for len(picture) > 0 {
		n := min(picturePiece, len(picture))
		_ = conn.SetWriteDeadline(time.Now().Add(pictureWait)) // fails on a dead connection: then the write fails, too
		if _, err := w.Write(picture[:n]); err != nil {
			return // the client left: nobody to inform
		}
		picture = picture[n:]
	}
	_ = conn.Flush()
	_ = conn.SetWriteDeadline(time.Time{}) // the connection may be used again
}

// A pictureBudget bounds the pictures that are being sent.
type pictureBudget struct {
	mu    sync.Mutex // guards what follows
	bytes int
	peers map[netip.Addr]int // pictures by address, none of them zero
}

// take reports whether a picture may be sent to peer. If so, give must follow.
func (b *pictureBudget) take(peer netip.Addr, bytes int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes+bytes > maxPictureBytes || b.peers[peer] >= maxPeerPictures {
		return false
	}
	b.bytes += bytes
	b.peers[peer]++
	return true
}

func (b *pictureBudget) give(peer netip.Addr, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes -= bytes
	if b.peers[peer]--; b.peers[peer] == 0 {
		delete(b.peers, peer)
	}
}

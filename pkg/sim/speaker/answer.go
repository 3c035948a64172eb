package speaker

import (
	"bytes"
	"net/http"
	"time"
)

const (
	endlessBytes = 32 << 20 // of an endless answer: more than anybody should read
	endlessPiece = 64 << 10
)

// deliver sends the answer to a call in the way of a: late, never, endless or broken.
// Write errors are ignored: the caller is gone.
func (a Answer) deliver(w http.ResponseWriter, r *http.Request, status int, body []byte, delay time.Duration) {
	switch a {
	case AnswerLate:
		if sleep(r.Context(), delay) != nil {
			return
		}
	case AnswerNever:
		<-r.Context().Done()
		return
	case AnswerEndless:
		w.WriteHeader(status)
		flood(w, body)
		return
	case AnswerBroken:
		body = body[:len(body)/2]
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// flood sends body with 32 MiB in its last argument.
func flood(w http.ResponseWriter, body []byte) {
	_, err := w.Write(body[:max(0, bytes.LastIndex(body, []byte("</u:")))])
	piece := bytes.Repeat([]byte("x"), endlessPiece)
	for sent := 0; sent < endlessBytes && err == nil; sent += endlessPiece {
		_, err = w.Write(piece)
	}
}

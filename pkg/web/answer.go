package web

import (
	"encoding/json"
	"net/http"
)

// readOnly refuses all methods but GET and HEAD.
func readOnly(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeError(w, http.StatusMethodNotAllowed, "only GET, HEAD")
			return
		}
		answer(w, r)
	})
}

// withErrors answers like mux, but with our form of error for an unknown path or method.
func withErrors(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			w = errorWriter{w}
		}
		mux.ServeHTTP(w, r)
	})
}

// An errorWriter replaces the plain text of ServeMux's errors by one of ours.
type errorWriter struct {
	http.ResponseWriter
}

func (r errorWriter) WriteHeader(status int) {
	what := "there is nothing by this name"
	if status == http.StatusMethodNotAllowed {
		what = "only " + r.Header().Get("Allow")
	}
	writeError(r.ResponseWriter, status, what)
}

// Write drops the plain text.
func (r errorWriter) Write(plain []byte) (int, error) { return len(plain), nil }

// asJSON begins an answer that must not be cached.
func asJSON(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	asJSON(w, status)
	_ = json.NewEncoder(w).Encode(body) // the peer left: nobody to inform
}

// writeError answers {"error": what is wrong}.
func writeError(w http.ResponseWriter, status int, what string) {
	writeJSON(w, status, map[string]string{"error": what})
}

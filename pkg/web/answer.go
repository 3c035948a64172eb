package web

import (
	"encoding/json"
	"net/http"
)

// readOnly refuses every method that could change something.
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

// known has mux answer, and as an error what mux does not know: a path, or a
// method for it.
func known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			w = refusal{w}
		}
		mux.ServeHTTP(w, r)
	})
}

// A refusal writes an error in place of the plain text by which ServeMux says that
// it does not know something.
type refusal struct {
	http.ResponseWriter
}

func (r refusal) WriteHeader(status int) {
	what := "there is nothing by this name"
	if status == http.StatusMethodNotAllowed {
		what = "only " + r.Header().Get("Allow")
	}
	writeError(r.ResponseWriter, status, what)
}

// Write drops the plain text.
func (r refusal) Write(plain []byte) (int, error) { return len(plain), nil }

// asJSON begins an answer that holds at this moment alone.
func asJSON(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	asJSON(w, status)
	_ = json.NewEncoder(w).Encode(body) // the peer left: nobody to tell
}

// writeError answers {"error": what is wrong}.
func writeError(w http.ResponseWriter, status int, what string) {
	writeJSON(w, status, map[string]string{"error": what})
}

package web

import (
	"encoding/json"
	"net/http"
)

// readOnly refuses every method that could change something.
func readOnly(answer func(w http.ResponseWriter)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		answer(w)
	})
}

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

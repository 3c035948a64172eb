package web

import "net/http"

// pictureTypes are those that a browser only displays; others, such as SVG, can hold scripts.
var pictureTypes = map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true}

// artworkHandler answers with the picture of what plays now, whatever serial is
// asked for: the serial only makes a page fetch a new picture.
func artworkHandler(find finder) http.HandlerFunc {
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
		w.Header().Set("Content-Type", picture.Type)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(picture.Data) // the peer left: nobody to inform
	}
}

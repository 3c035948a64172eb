package speaker

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"sync"

	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// maxTracks of the playlist.
const maxTracks = 100

// Errors of OpenHome's Playlist:1.
var (
	errNoTrack      = &device.Fault{Code: 800, Text: "Id not found"}
	errPlaylistFull = &device.Fault{Code: 801, Text: "Playlist full"}
)

// A playlist is what OpenHome's Playlist holds. Ids are never used twice.
type playlist struct {
	mu     sync.Mutex // guards what follows
	tracks []track
	lastID uint32
	at     uint32 // id of the current track, 0 for none
}

type track struct {
	id            uint32
	uri, metadata string
}

func (p *playlist) current() uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// ids are the ids in their order, big-endian, in base 64.
func (p *playlist) ids() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b []byte
	for _, t := range p.tracks {
		b = binary.BigEndian.AppendUint32(b, t.id)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func (p *playlist) find(id uint32) (track, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.indexLocked(id)
	if i < 0 {
		return track{}, false
	}
	return p.tracks[i], true
}

func (p *playlist) indexLocked(id uint32) int {
	return slices.IndexFunc(p.tracks, func(t track) bool { return t.id == id })
}

// insert puts a track behind the one with the id after, 0 for the front.
func (p *playlist) insert(after uint32, uri, metadata string) (id uint32, f *device.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.indexLocked(after)
	switch {
	case after != 0 && i < 0:
		return 0, errNoTrack
	case len(p.tracks) == maxTracks:
		return 0, errPlaylistFull
	}
	p.lastID++
	p.tracks = slices.Insert(p.tracks, i+1, track{p.lastID, uri, metadata})
	if p.at == 0 {
		p.at = p.lastID
	}
	return p.lastID, nil
}

func (p *playlist) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tracks, p.at = nil, 0
}

// remove takes a track out and reports whether it was the current one.
func (p *playlist) remove(id uint32) (wasCurrent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tracks = slices.DeleteFunc(p.tracks, func(t track) bool { return t.id == id })
	if p.at != id {
		return false
	}
	p.at = 0
	if len(p.tracks) > 0 {
		p.at = p.tracks[0].id
	}
	return true
}

func (p *playlist) seek(id uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = id
}

func (s *Speaker) playlistActions() map[string]handler {
	return map[string]handler{
		"Play":           s.playTrack,
		"Pause":          s.command(evPause),
		"Stop":           s.stopTrack,
		"DeleteAll":      s.deleteAll,
		"DeleteId":       s.ofTrack("Value", s.deleteTrack),
		"Insert":         s.insert,
		"Read":           s.ofTrack("Id", func(t track) ([]string, *device.Fault) { return []string{t.uri, t.metadata}, nil }),
		"SeekId":         s.ofTrack("Value", s.seekTrack),
		"TransportState": s.playlistVariable("TransportState"),
		"Id":             s.playlistVariable("Id"),
		"IdArray":        func(map[string]string) ([]string, *device.Fault) { return []string{"0", s.playlist.ids()}, nil },
		"TracksMax":      s.playlistVariable("TracksMax"),
		"ProtocolInfo":   s.playlistVariable("ProtocolInfo"),
	}
}

func (s *Speaker) playlistVariable(name string) handler {
	return func(map[string]string) ([]string, *device.Fault) {
		vars := s.playlistVariables()
		i := slices.IndexFunc(vars, func(v device.Variable) bool { return v.Name == name })
		return []string{vars[i].Value}, nil
	}
}

// ofTrack gives h the track that an argument names.
func (s *Speaker) ofTrack(argument string, h func(track) ([]string, *device.Fault)) handler {
	return func(in map[string]string) ([]string, *device.Fault) {
		id, err := strconv.ParseUint(in[argument], 10, 32)
		if err != nil {
			return nil, device.ErrInvalidArgs
		}
		t, ok := s.playlist.find(uint32(id))
		if !ok {
			return nil, errNoTrack
		}
		return h(t)
	}
}

func (s *Speaker) insert(in map[string]string) ([]string, *device.Fault) {
	after, err := strconv.ParseUint(in["AfterId"], 10, 32)
	if err != nil {
		return nil, device.ErrInvalidArgs
	}
	if f := s.checkMetadata(in["Uri"], in["Metadata"]); f != nil {
		return nil, f
	}
	id, f := s.playlist.insert(uint32(after), in["Uri"], in["Metadata"])
	if f != nil {
		return nil, f
	}
	s.avt.Publish()
	return []string{strconv.FormatUint(uint64(id), 10)}, nil
}

// playTrack plays the current track, if there is one.
func (s *Speaker) playTrack(map[string]string) ([]string, *device.Fault) {
	t, ok := s.playlist.find(s.playlist.current())
	if !ok {
		return nil, nil
	}
	if v := s.transport.view(); v.uri != t.uri || !v.state.active() {
		if f := s.transport.setURI(t.uri, t.metadata); f != nil {
			return nil, f
		}
	}
	return nil, s.transport.command(evPlay)
}

func (s *Speaker) seekTrack(t track) ([]string, *device.Fault) {
	s.playlist.seek(t.id)
	return s.playTrack(nil)
}

// stopTrack stops, also where nothing plays: OpenHome knows no refusal here.
func (s *Speaker) stopTrack(map[string]string) ([]string, *device.Fault) {
	if s.transport.view().state.active() {
		return s.command(evStop)(nil)
	}
	return nil, nil
}

func (s *Speaker) deleteTrack(t track) ([]string, *device.Fault) {
	var f *device.Fault
	if s.playlist.remove(t.id) {
		_, f = s.stopTrack(nil)
	}
	s.avt.Publish()
	return nil, f
}

func (s *Speaker) deleteAll(map[string]string) ([]string, *device.Fault) {
	s.playlist.clear()
	_, f := s.stopTrack(nil)
	s.avt.Publish()
	return nil, f
}

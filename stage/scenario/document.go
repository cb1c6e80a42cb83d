package scenario

import "suiren/knowledge"

// Document returns the passages of a document that an answer cites, in order, at
// most so many, of those that the principals may read. It is empty if there is
// no such document for them.
func (s *Scenario) Document(file string, principals []string, most int) (list []knowledge.Passage, err error) {
	if s.book == nil {
		return nil, nil
	}
	err = s.book.With(principals, func(ix *knowledge.Index, access knowledge.Access) error {
		list = ix.Document(file, access, most)
		return nil
	})
	return list, err
}

"""How ``models/embeddings`` is made: a static model distilled from a teacher."""

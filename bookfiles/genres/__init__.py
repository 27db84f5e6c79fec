def labels_of(cell):
    return tuple(p.strip() for p in cell.replace("|", ";").split(";") if p.strip())


def categories_of(label):
    return {"fantasy": ("FANTASY",), "mystery": ("MYSTERY",), "science fiction": ("SCIENCE_FICTION",)}.get(
        label.lower().replace("-", " "), ()
    )

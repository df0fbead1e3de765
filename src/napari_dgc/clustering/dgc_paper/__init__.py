"""Deep Global Clustering as arXiv 2512.24172 describes it, in the project's own code.

Where the text of the paper and the code published with it differ, the text is
followed; where this departs from the code for other reasons, they are given:

============================ ================================= ===================================
part                         published code                    here
============================ ================================= ===================================
consistency                  same position in two patches      same ground pixel, as in the text
balance                      minimises the entropy of usage    maximises it, as in the text
uniform assignment           random labels, drawn per step     their expectation, without noise
orthogonality                of centroids with gradient        of the averages that the centroids
                                                               are moved to
centroids                    gradient, decay *and* averages    averages only, as in the text
first centroids              random directions                 pixels far apart (k-means++):
                                                               random ones are won by one
dead centroids               sum of probabilities below 1e-3,  mean below 1e-3 (a sum hardly ever
                             kick fades over the run           is); kick stays, so that a resumed
                                                               run equals an uninterrupted one
assignment                   cosine / temperature              L2 distance, as in the text; the
                                                               same for unit vectors
spectral layers              slide 9 pixels along the raster   per pixel, bands as channels
last layer                   rectified                         not: embeddings would fill one
                                                               corner of the sphere
first bandwidth              1, a 5 x 5 box blur               0.5, see `PaperConfig`
rims                         zeros                             mirrored; mean shift cut off
standardisation              scan by scan                      all scans together: a cluster means
                                                               the same on each
augmentation                 turns up to 10 degrees, scale,    quarter turns and mirrors, under
                             circular roll of the bands        which pixels correspond exactly;
                                                               a roll makes 1000 nm 400 nm
precision                    half, unscaled, on CUDA           single
centroid update              second pass through the encoder   activations of the step
pixels without data          make their band NaN               left out everywhere
============================ ================================= ===================================

Kept although they help to collapse, because the paper has them: the five
losses and their weights, uniform assignment against compactness, and centroids
averaged with soft assignments. `PaperDGC` says so when a run has collapsed.
"""
